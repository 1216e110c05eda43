#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of adlc's front end.

usage: run.py ADLC [--update] [NAME...]

good/*.camkes must compile: `adlc flat --json` gives NAME.json, and the warnings of NAME.expect.
bad-at-*/*.camkes give exactly the messages of NAME.expect, whose last line is the exit status:
those of bad-at-gen with `adlc gen`, the others with `adlc check`. Inputs too large to keep are made here
(LIMITS). Every message that the compiler's sources can give must be in one of these.
A line "// adlc: OPTIONS" in the first five lines of a test adds options. Every good test runs a
second time in another environment and must give the same bytes. --update rewrites the expectations.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import message_ids

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
TIMEOUT_SECONDS = 20
# Device trees that tests name in their options.
TREES = {"virt.dtb": "good/lib/virt.dts", "board.dtb": "bad-at-gen/lib/board.dts",
         "board-gicv3.dtb": "bad-at-gen/lib/board-gicv3.dts",
         "wide-cells.dtb": "bad-at-gen/lib/wide-cells.dts"}


def run(adlc, arguments, env=None):
    result = subprocess.run([adlc, *arguments], cwd=HERE, env=env, stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
    return (result.returncode, result.stdout.decode("utf-8", "backslashreplace"),
            result.stderr.decode("utf-8", "backslashreplace"))


def options_of(path, dtb):
    for line in path.read_text(encoding="utf-8").splitlines()[:5]:
        if line.startswith("// adlc:"):
            return [os.path.join(os.path.dirname(dtb), word) if word in TREES else word
                    for word in line[8:].split()]
    return []


def compare(path, actual, update):
    """None when the file holds `actual`, else what differs."""
    if update:
        if actual:
            path.write_text(actual, encoding="utf-8")
        elif path.exists():
            path.unlink()
        return None
    wanted = path.read_text(encoding="utf-8") if path.exists() else ""
    if wanted == actual:
        return None
    return "".join(difflib.unified_diff(wanted.splitlines(True), actual.splitlines(True),
                                        str(path.relative_to(HERE)), "actual"))


def test_good(adlc, path, dtb, update):
    arguments = ["flat", "--json", "-I", "good/lib", *options_of(path, dtb),
                 str(path.relative_to(HERE))]
    status, out, err = run(adlc, arguments)
    if status != 0:
        return f"exit status {status}\n{err}"
    other = run(adlc, arguments, {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo", "HOME": "/nowhere"})
    if other != (status, out, err):
        return "the output depends on the environment\n"
    return (compare(path.with_suffix(".json"), out, update) or
            compare(path.with_suffix(".expect"), err.replace(dtb, "virt.dtb"), update))


def test_bad(adlc, path, dtb, update):
    command = ["check"]
    if path.parent.name == "bad-at-gen":
        command = ["gen", "-I", "../../interfaces", "-o", os.path.join(os.path.dirname(dtb), "gen")]
    status, out, err = run(adlc, [*command, *options_of(path, dtb), str(path.relative_to(HERE))])
    if status not in (0, 1) or out:
        return f"exit status {status}\n{out}{err}"
    return compare(path.with_suffix(".expect"), f"{err.replace(dtb, 'virt.dtb')}exit {status}\n",
                   update)


def test_json_messages(adlc, path, dtb, update):
    """The same messages for an editor."""
    status, out, err = run(adlc, ["check", "--json", *options_of(path, dtb),
                                  str(path.relative_to(HERE))])
    if status != 1 or err:
        return f"exit status {status}\n{err}"
    return compare(path.with_suffix(".messages.json"), out, update)


def test_document(adlc, path, dtb, _update):
    """Every ```camkes block of the manual compiles."""
    blocks = re.findall(r"^```camkes\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)
    problems = "" if blocks else "no examples found\n"
    for number, block in enumerate(blocks):
        example = pathlib.Path(dtb).with_name(f"example{number}.camkes")
        example.write_text(block, encoding="utf-8")
        status, out, err = run(adlc, ["check", "-I", str(TOP / "interfaces"),
                                      str(example)])
        if (status, out, err) != (0, "", ""):
            problems += f"example {number}: exit status {status}\n{out}{err}"
    return problems or None


def component_with(value):
    return ("component A { attribute int v[]; } assembly { composition { component A a; } "
            f"configuration {{ a.v = {value}; }} }}")


def doubled(leaf, levels):
    """2^`levels` instances of a component with this body, and those that hold them."""
    return (f"component A0 {{ {leaf} }}\n"
            + "".join(f"component A{i} {{ composition {{ component A{i - 1} l; "
                      f"component A{i - 1} r; }} }}\n" for i in range(1, levels + 1))
            + f"assembly {{ composition {{ component A{levels} a; }} }}")


CONNECTIONS = ("dataport Buf x; dataport Buf y; composition { "
               + " ".join(f"connection C c{i}(from x, to y);" for i in range(33)) + " }")
SETTINGS = ("attribute int x = 0; attribute int y = 1; composition { component D d; } configuration { "
            + "d.x <- y; " * 257 + "}")

# Inputs too large to keep, and the one message that they give. Of several files input.camkes is read.
LIMITS = {
    "long-list": (component_with(f"[{'1,' * 1000000}]"),
                  "input.camkes:1:2000075: error: the file has more than 2000000 words, numbers and symbols "
                  "[file-too-long]"),
    "far-column": (component_with(f"[{' ' * 70000}x]"), "input.camkes:1:70101: error: expected a value; 'x' is neither a macro nor a number [syntax]"),
    "instances": ("component A {} assembly { composition {\n"
                  + "".join(f"component A a{i};\n" for i in range(10000)) + "} }",
                  "input.camkes:4098:13: error: the assembly has more than 4096 instances "
                  "[too-many-instances]"),
    "doubling": (doubled("", 29),
                 "input.camkes:3:59: error: the assembly has more than 4096 instances [too-many-instances]"),
    "connections": ("connector C { from Dataport; to Dataport; }\n" + doubled(CONNECTIONS, 11),
                    "input.camkes:2:1057: error: the assembly has more than 65536 connections "
                    "[too-many-connections]"),
    "settings": ("component D { attribute int x; }\n" + doubled(SETTINGS, 10),
                 "input.camkes:2:145: error: the assembly has more than 262144 settings [too-many-settings]"),
    "references": ("component A { attribute int x; } assembly { composition {\n"
                   + "".join(f"component A a{i};" for i in range(600)) + "} configuration {\n"
                   + "".join(f"a{i}.x <- a{i + 1}.x;\n" for i in range(599)) + "a599.x = 3; } }",
                   "input.camkes:504:11: error: more than 500 references lead from one to the next [too-deep]"),
    "fields": ("struct s { " + "".join(f"int f{i};" for i in range(1025)) + " }\n"
               "component A { attribute s v; } assembly { composition { component A a; } }",
               "input.camkes:1:8: error: a struct has at most 1024 fields [too-many-fields]"),
    "bodies": ("component A {} assembly { composition {"
               + "component { composition {" * 3000 + "component A a;" + "} } x;" * 3000 + "} }",
               "input.camkes:1:1277: error: nested too deeply [too-deep]"),
    "keys": ("component A {} assembly { composition { component A a; } configuration { a.dtb = {"
             + ",".join(f'"k{i}" : 1' for i in range(10001)) + "}; } }",
             "input.camkes:1:118973: error: a dict has at most 10000 keys [too-many-keys]"),
    "include-itself": ('#include "input.camkes"\n',
                       "input.camkes:1:10: error: files include each other too deeply [include-too-deep]"),
    "imports": ({"input.camkes": 'import "f1.camkes";',
                 **{f"f{i}.camkes": f'import "f{i + 1}.camkes";' for i in range(1, 300)},
                 "f300.camkes": "assembly {}"},
                "f199.camkes:1:8: error: imports are nested too deeply [import-too-deep]"),
}


# Wrong use: arguments, exit status, what is said first.
COMMANDS = [
    ([], 2, "usage: adlc COMMAND"),
    (["check"], 2, "adlc: an input file is missing for 'check'"),
    (["check", "--help"], 0, "usage: adlc COMMAND"),
    (["link", "--help"], 0, "usage: adlc COMMAND"),
    (["chekc", "a.camkes"], 2, "adlc: unknown command 'chekc'"),
    (["check", "--bogus", "a.camkes"], 2, "adlc: unknown option '--bogus'"),
    (["check", "a.camkes", "-I"], 2, "adlc: a value is missing after '-I'"),
    (["check", "a.camkes", "b.camkes"], 2, "adlc: there is one input file, so what is 'b.camkes'"),
    (["gen", "a.camkes"], 2, "adlc: an output directory (-o DIR) is missing for 'gen'"),
    (["gen", "-o", "/dev/null/x", "good/strings.camkes"], 2, "adlc: cannot make the directory '/dev/null/x'"),
    (["gen", "--set", "core=2", "-o", "/dev/null/x", "good/strings.camkes"], 2,
     "adlc: --set knows cores=N only, not 'core=2'"),
    (["check", "nowhere.camkes"], 1,
     "adlc: error: cannot read 'nowhere.camkes': No such file or directory [cannot-read]"),
    (["check", "good"], 1, "adlc: error: cannot read 'good': it is a directory [cannot-read]"),
    (["check", "/dev/null"], 1, "adlc: error: '/dev/null' declares no assembly [no-assembly]"),
    (["check", "--dtb", "run.py", "good/strings.camkes"], 1,
     "adlc: error: cannot use the device tree 'run.py': it is no device tree blob [dtb-file]"),
    (["check", "-D", "1x", "good/strings.camkes"], 1,
     "<command line>:1:1: error: '#define' needs the name of a macro [bad-define]"),
    (["link"], 2, "adlc: error: link: missing option '--model'"),
    (["dump"], 2, "usage: adlc dump payload.bin"),
    (["dump", "run.py"], 1, "adlc: error: run.py: this is no system image of this version"),
    (["audit", "run.py"], 1, "adlc: error: run.py: this is no model of this compiler version"),
]


def test_command(adlc, path, _dtb, _update):
    arguments, wanted_status, wanted = COMMANDS[int(path.name)]
    status, out, err = run(adlc, arguments)
    if status != wanted_status or not (out + err).startswith(wanted):
        return f"adlc {' '.join(arguments)}: exit status {status}\n{out}{err}"
    return None


def test_limit(adlc, path, dtb, _update):
    """One message, at the right place, soon."""
    files, wanted = LIMITS[path.name]
    folder = pathlib.Path(dtb).with_name(f"limit-{path.name}")
    folder.mkdir()
    for name, text in (files if isinstance(files, dict) else {"input.camkes": files}).items():
        (folder / name).write_text(text, encoding="utf-8")
    status, out, err = run(adlc, ["check", str(folder / "input.camkes")])
    lines = [line for line in err.splitlines() if "error:" in line]
    if status != 1 or out or lines != [f"{folder}/{wanted}"]:
        return f"exit status {status}, wanted {wanted}\n{out}{err[:3000]}\n"
    return None


UNWRITABLE = "adlc: error: {}: Is a directory [output-file]\n"


def test_output_file(adlc, _path, dtb, _update):
    """Outputs that cannot be written are said, each."""
    folder = pathlib.Path(dtb).with_name("blocked")
    for name in ("model.bin", "code/a/camkes.c"):
        (folder / name).mkdir(parents=True)
    source = pathlib.Path(dtb).with_name("blocked.camkes")
    source.write_text("component A { control; } assembly { composition { component A a; } }", encoding="utf-8")
    wanted = "".join(UNWRITABLE.format(folder / name) for name in ("model.bin", "code/a/camkes.c"))
    status, out, err = run(adlc, ["gen", "--platform", "qemu-arm-virt", "-o", str(folder), str(source)])
    return None if (status, out, err) == (1, "", wanted) else f"exit status {status}\n{out}{err}"


def test_message_ids(_adlc, path, _dtb, _update):
    """Each message of the compiler has a test of its text and place, and tests name no others."""
    ids, unread = message_ids.ids_in_sources(path)
    tested = message_ids.ids_in([*(expect.read_text(encoding="utf-8") for expect in HERE.rglob("*.expect")),
                                 *(wanted for _, wanted in LIMITS.values()),
                                 *(wanted for _, _, wanted in COMMANDS),
                                 UNWRITABLE])
    problems = [f"{place}: the id of this message can't be read\n" for place in unread]
    problems += [f"{place}: no test expects a message [{name}]\n" for name, place in ids.items()
                 if name not in tested]
    problems += [f"no source has the message [{name}]\n" for name in sorted(tested - set(ids))]
    return "".join(problems) or (None if len(ids) > 100 else "hardly any messages found\n")


PART = """// SPDX-License-Identifier: BSD-2-Clause
#ifndef PART_{n}
#define PART_{n} {n}
#endif
/*
 * Filler, as long as the comments that such files have: who wrote it, what it is for, when to use it, and when not;
 * which other files one should read, and why the order of the methods below must not change.
 * Files of the reference are comments for a third of their length or more, and so is this one.
 */
procedure Procedure{n} {{
    include <stdint.h>;
{methods}
}}

struct record{n} {{ int first = PART_{n}; string second = "part" "{n}"; uint64_t third = 1 << 20; }}

component Component{n} {{
    control;
    maybe uses Procedure{n} needs;
    maybe uses Procedure0 other;
    provides Procedure{n} gives;
    attribute record{n} record = {{"first" : 1}};
    attribute int numbers[] = [{n}, PART_{n}, 3];
}}
"""
METHOD = "    int method{i}(in uint64_t offset, in uint8_t data[], out size_t length, inout string name);"
PARTS = 125
PAIRS = 25
SPEED_CPU_SECONDS = 0.05
SPEED_KIB = 20 * 1024


def write_large(folder):
    """As many files, bytes and words as the largest of the reference's examples reads, or more."""
    numbers = range(PARTS)
    for n in numbers:
        methods = "\n".join(METHOD.format(i=i) for i in range(8))
        (folder / f"part{n}.camkes").write_text(PART.format(n=n, methods=methods), encoding="utf-8")
    lines = [f'import "part{n}.camkes";' for n in numbers]
    lines += ["connector Call { from Procedures with 0 threads; to Procedure; }",
              "#define SET(n) c##n.priority = 100 + n % 50; c##n.record = {\"first\" : PART};",
              "#define PART 7", "assembly { composition {"]
    lines += [f"component Component{n} c{n}; component Component{n} d{n}; "
              f"connection Call k{n}(from c{n}.needs, to d{n}.gives);" for n in range(PAIRS)]
    lines += ["} configuration {", *(f"SET({n})" for n in range(PAIRS)), "} }"]
    (folder / "large.camkes").write_text("\n".join(lines), encoding="utf-8")
    return folder / "large.camkes"


def test_speed(adlc, _path, dtb, _update):
    """A large description takes less than 50 ms of processor time and 20 MiB."""
    folder = pathlib.Path(dtb).with_name("large")
    folder.mkdir()
    source = write_large(folder)
    seconds, kib = [], 0
    for _ in range(5):
        with subprocess.Popen([adlc, "flat", "--json", str(source)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE) as process:
            err = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
        if status != 0 or err:
            return err.decode()
        seconds.append(usage.ru_utime + usage.ru_stime)
        kib = max(kib, usage.ru_maxrss)
    if min(seconds) > SPEED_CPU_SECONDS or kib > SPEED_KIB:
        return f"{min(seconds):.3f} s and {kib} KiB are too much\n"
    return None


def kernel_ranges(version):
    """[(first, last)] of the registers that the kernel's driver for this GIC keeps on qemu-arm-virt."""
    plat = (TOP / "plat/qemu-arm-virt/plat.h").read_text(encoding="utf-8")
    values = dict(re.findall(r"^#define (PLAT_\w+) (0x[0-9a-f]+)$", plat, re.M))
    driver = (TOP / f"kernel/drivers/gicv{version}.c").read_text(encoding="utf-8")
    table = re.search(r"gic_ranges\[\] = \{(.*?)\};", driver, re.S)[1]
    pairs = re.findall(r"\{ (\w+), (\w+) \}", table)
    return [(int(values[base], 16), int(values[base], 16) + int(values[size], 16) - 1) for base, size in pairs]


def test_kernel_ranges(adlc, path, dtb, _update):
    """What the kernel keeps of the interrupt controller is what the compiler finds in the board's tree."""
    version = int(path.name)
    tree = pathlib.Path(dtb).with_name(f"plat{version}.dtb")
    source = TOP / "plat/qemu-arm-virt" / {2: "plat.dts", 3: "plat-gicv3.dts"}[version]
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(tree), str(source)], check=True,
                   timeout=TIMEOUT_SECONDS)
    pages = sorted({place & ~0xfff for pair in kernel_ranges(version) for place in pair})
    claims = ", ".join(f'"0x{page:x}:0x1000:12"' for page in pages)
    example = pathlib.Path(dtb).with_name("ranges.camkes")
    example.write_text("component A { control; } assembly { composition { component A a; } "
                       f"configuration {{ a.mmios = [{claims}]; }} }}", encoding="utf-8")
    status, _, err = run(adlc, ["check", "--dtb", str(tree), str(example)])
    found = [int(page, 16) for page in re.findall(r"'a' claims memory 0x([0-9a-f]+) .*\[device-kept\]", err)]
    return None if len(pages) >= 6 and (status, found) == (1, pages) else f"wanted {pages}\n{err}"


def all_tests():
    for path in sorted((HERE / "good").glob("*.camkes")):
        if not path.stem.endswith("_devices"):
            yield f"good/{path.stem}", test_good, path
    for directory in sorted(HERE.glob("bad-at-*")):
        for path in sorted(directory.glob("*.camkes")):
            yield f"{directory.name}/{path.stem}", test_bad, path
    yield "document", test_document, TOP / "docs/adl.md"
    yield "speed", test_speed, HERE
    for number, (arguments, _, _) in enumerate(COMMANDS):
        yield f"command {' '.join(arguments)}", test_command, pathlib.Path(str(number))
    for name in LIMITS:
        yield f"limits/{name}", test_limit, pathlib.Path(name)
    yield "output-file", test_output_file, HERE
    for version in ("2", "3"):
        yield f"kernel-ranges gicv{version}", test_kernel_ranges, pathlib.Path(version)
    yield "message-ids", test_message_ids, TOP / "tools/adlc"
    for name in ("bad-at-parse/in-macro", "bad-at-resolve/struct-value", "bad-at-parse/utf8-column"):
        yield f"json-messages/{name}", test_json_messages, HERE / f"{name}.camkes"


def main():
    arguments = [word for word in sys.argv[1:] if not word.startswith("--")]
    update = "--update" in sys.argv
    if not arguments:
        sys.exit(__doc__)
    adlc = os.path.abspath(arguments[0])
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        dtb = os.path.join(scratch, "virt.dtb")
        for tree, source in TREES.items():
            subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", os.path.join(scratch, tree),
                            str(HERE / source)], check=True, timeout=TIMEOUT_SECONDS)
        for name, test, path in all_tests():
            if arguments[1:] and not any(word in name for word in arguments[1:]):
                continue
            try:
                problem = test(adlc, path, dtb, update)
            except subprocess.TimeoutExpired:
                problem = "timeout\n"
            print(f"{'FAIL' if problem else 'ok'} adl {name}")
            if problem:
                print(problem, end="")
            failed += bool(problem)
            passed += not problem
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
