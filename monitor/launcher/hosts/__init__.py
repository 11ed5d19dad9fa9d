"""Folders of runs that lie elsewhere: on other hosts, mirrored over one ssh, where acts are asked for too; in archives,
only read."""
