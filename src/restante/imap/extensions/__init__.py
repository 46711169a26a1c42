"""One file per RFC around IMAP; each defines one ``extension`` value. ``all.py`` lists them."""
