"""The desk's revisions, one a file."""
