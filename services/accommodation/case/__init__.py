"""The ground: cases as identification has published them, merged and taken apart, changes of their status, and nights."""
