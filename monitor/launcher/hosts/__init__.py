"""Folders of runs on other hosts: what lies there is mirrored over one ssh connection, and acts are asked for there."""
