"""Parts of masters: quoted, read by range, cut."""
