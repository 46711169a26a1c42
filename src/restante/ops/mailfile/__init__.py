"""How mail lies in files: line ends, folder names, Maildir and mbox. What reading and writing them have in common."""
