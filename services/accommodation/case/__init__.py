"""The ground: cases as identification has told of them, merged and taken apart, their turns of status, and nights."""
