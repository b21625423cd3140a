"""The page of the commands, from the objects that click runs."""

from collections.abc import Iterator

import click

from service.cli.program import sla_timer
from service.settings import SETTINGS
from tests.reference.markdown import code, codes, page, prose, table

_SETTINGS = {setting.name: setting for setting in SETTINGS}


def commands() -> str:
    """docs/reference/cli.md."""
    return page("Commands", "the commands in `service/cli`", _HEAD, *_sections())


_HEAD = """Every command takes `-h` and `--help`.
`sla-timer --version` prints the version.
The exit codes are in [exit-codes.md](exit-codes.md), the settings in [settings.md](settings.md)."""


def _sections() -> Iterator[str]:
    context = click.Context(sla_timer, info_name="sla-timer", **sla_timer.context_settings)
    for command, inner in _walk(sla_timer, context):
        if isinstance(command, click.Group):
            listed = [
                (code(f"{inner.command_path} {name}"), _summary(one)) for name, one in _members(command)
            ]
            yield "\n\n".join(
                (f"## {inner.command_path}", prose(command.help), table(("command", "does"), listed))
            )
        else:
            yield "\n\n".join(_blocks(command, inner))


def _walk(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name, one in _members(command):
            yield from _walk(one, click.Context(one, info_name=name, parent=context))


def _members(group: click.Group) -> list[tuple[str, click.Command]]:
    return sorted(group.commands.items())


def _summary(command: click.Command) -> str:
    return prose(command.help).partition("\n")[0]


def _blocks(command: click.Command, context: click.Context) -> Iterator[str]:
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    words = ["[OPTIONS]"] if options else []
    words += [argument.make_metavar(context) for argument in arguments]
    yield f"## {context.command_path}"
    yield prose(command.help)
    yield f"```\n{' '.join([context.command_path, *words])}\n```"
    if arguments:
        yield table(("argument", "value", "how many", "default"), map(_argument, arguments))
    if options and command.name == "run":
        yield _AS_SETTINGS
        yield table(("option", "setting", "default", "is"), map(_setting, options))
    elif options:
        yield table(("option", "value", "default", "is"), map(_option, options))


_AS_SETTINGS = """Each option is a setting; the option goes before the variable.
[settings.md](settings.md) says what each may be."""


def _argument(argument: click.Argument) -> tuple[str, ...]:
    how_many = {(1, True): "one", (1, False): "none or one", (-1, True): "one or more", (-1, False): "any"}
    name = (argument.metavar or (argument.name or "").upper()).strip("[].")
    number = how_many[argument.nargs, argument.required]
    return code(name), _value(argument), number, code(_default(argument))


def _option(option: click.Option) -> tuple[str, ...]:
    flags = " ".join(code(flag) for flag in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else code(option.metavar) or _value(option)
    if option.multiple:
        value += ", repeatable"
    default = "required" if option.required else code(_default(option))
    if option.envvar:
        default = f"{code(option.envvar)}, else {default}"
    return flags, value, default, option.help or ""


def _setting(option: click.Option) -> tuple[str, ...]:
    setting = _SETTINGS[option.name or ""]
    return codes(option.opts), code(setting.variable), code(setting.default), setting.help


def _default(parameter: click.Parameter) -> str:
    """What is written in the code; nothing for a flag, and for an option that has none."""
    is_flag = isinstance(parameter, click.Option) and parameter.is_flag
    return str(parameter.default) if isinstance(parameter.default, str | int) and not is_flag else ""


def _value(parameter: click.Parameter) -> str:
    match parameter.type:
        case click.Choice(choices=choices):
            return codes(choices)
        case click.IntRange() | click.FloatRange() as of_range:
            return _range(of_range)
        case click.Path():
            return "path"
        case kind:
            return {"integer": "whole number", "text": "text"}[kind.name]


def _range(kind: click.IntRange | click.FloatRange) -> str:
    number = "whole number" if isinstance(kind, click.IntRange) else "number"
    low = "" if kind.min is None else f" {'above' if kind.min_open else 'from'} {kind.min}"
    high = "" if kind.max is None else f" {'below' if kind.max_open else 'to'} {kind.max}"
    return number + low + high
