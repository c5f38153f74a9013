"""What nights cost, by who pays, held against the census; and how long people have stayed."""
