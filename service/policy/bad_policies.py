"""Policy files that cannot be used."""

from service.strict_yaml.place import BadFiles


class BadPolicies(BadFiles):
    """The policy files cannot be used. The text has a line for each problem."""
