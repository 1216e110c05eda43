# SPDX-License-Identifier: BSD-2-Clause
"""The ids of adlc's messages: those that its sources can give, and those that tests expect."""
import re

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|[(){},]|[^"/(){},]+|/')


def arguments_at(text, start):
    """The arguments of a call, or the parameters of a function, whose opening bracket is before `start`."""
    arguments, depth = [""], 0
    for match in TOKEN.finditer(text, start):
        token = match.group()
        if token.startswith("//"):
            continue
        if depth == 0 and token == ")":
            break
        depth += (token in ("(", "{")) - (token in (")", "}"))
        if depth == 0 and token == ",":
            arguments.append("")
        else:
            arguments[-1] += token
    return [argument.strip() for argument in arguments]


def reporters(texts):
    """Functions with a parameter `const char *id` -> its index."""
    found = {}
    for text in texts:
        for function in re.finditer(r"^[a-z][\w *]*?(\w+)\((?=struct )", text, re.M):
            parameters = arguments_at(text, function.end())
            if "const char *id" in parameters:
                found[function[1]] = parameters.index("const char *id")
    return found


def ids_in_sources(folder):
    """Message id -> "file:line" of its first use, and the places of calls whose id can't be read."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.[ch]"))
             if path.name != "diag.c"}
    functions = reporters(texts.values())
    ids, unread = {}, []
    for path, text in texts.items():
        for call in re.finditer(r"\b(" + "|".join(functions) + r")\(", text):
            place = f"{path.name}:{text.count(chr(10), 0, call.start()) + 1}"
            arguments = arguments_at(text, call.end())
            argument = arguments[functions[call[1]]]
            if re.fullmatch(r'"[a-z0-9-]+"', argument):
                ids.setdefault(argument.strip('"'), place)
            elif argument not in ("id", "const char *id"):
                unread.append(place)
    return ids, unread


def ids_in(texts):
    """The ids at the ends of messages' first lines."""
    return {match for text in texts
            for match in re.findall(r"(?:error|warning): .* \[([a-z0-9-]+)\]$", text, re.M)}
