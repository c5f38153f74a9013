"""What the identification service takes and gives over HTTP, and the documents it seals; a file for each subject."""
