"""What was probably meant: parameters, values, records and words for misspelt ones, and equivalents of other APIs."""
