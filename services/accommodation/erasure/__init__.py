"""What identification has erased is erased here too, and that is confirmed."""
