"""How great the danger to the person is, and when that is judged again."""
