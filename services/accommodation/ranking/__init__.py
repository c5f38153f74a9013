"""In which order places that fit stand: weights as dated tables, and the rankings that were chosen from."""
