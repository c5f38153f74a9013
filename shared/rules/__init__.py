"""What rules of law are made of: decision tables with validity dates, working days."""
