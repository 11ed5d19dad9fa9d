"""What a language model may ask of the runs of a folder, and do to them, through the Model Context Protocol.

`reading`: answers. `acting`: acts, each after a plan. `server`: both as tools of the official `mcp` SDK, on stdio.
"""
