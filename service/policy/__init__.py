"""Policy files: the policies that a directory of YAML says, or line by line why it cannot be used."""
