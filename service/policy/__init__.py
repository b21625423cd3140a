"""Policy files: the policies in a directory of YAML files, or every problem with file and line."""
