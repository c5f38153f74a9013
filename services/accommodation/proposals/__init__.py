"""When a stay, a decision or an age changes who is responsible: it is asked again, and a move is proposed."""
