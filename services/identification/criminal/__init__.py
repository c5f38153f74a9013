"""The criminal track beside the identification: reports, charges, indictments, judgments, counsel."""
