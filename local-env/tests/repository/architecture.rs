//! `docs/architecture.md` and the code: what it says of crates and modules is so.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use super::{
    code::{Code, Import, circles},
    page::{Decides, Row, rows},
    root,
};

const EMULATOR: &str = "local_env";
/// What reads the clock or opens a socket.
const IMPURE: [&str; 12] = [
    ".elapsed()",
    "Instant::now",
    "SystemTime::now",
    "TcpListener",
    "TcpSocket",
    "TcpStream",
    "UdpSocket",
    "UnixDatagram",
    "UnixListener",
    "UnixStream",
    "socket2",
    "tokio::net",
];

static CRATES: LazyLock<Vec<Row>> = LazyLock::new(|| rows("crate"));
static MODULES: LazyLock<Vec<Row>> = LazyLock::new(|| rows("module"));
static CODE: LazyLock<Code> = LazyLock::new(|| {
    let mut code = Code::default();
    for row in &*CRATES {
        let (name, source) = (row.name.replace('-', "_"), folder(&row.name).join("src"));
        let [library, program] = ["lib.rs", "main.rs"].map(|it| source.join(it));
        if !library.is_file() {
            code.read(&name, &program);
            continue;
        }
        code.read(&name, &library);
        if program.is_file() {
            code.read(&format!("{name}::main"), &program);
        }
    }
    code
});
static IMPORTS: LazyLock<Vec<Import>> = LazyLock::new(|| CODE.imports());

/// The folder of a crate of ours.
fn folder(name: &str) -> PathBuf {
    let inside = root().join("local-env/crates").join(name);
    if inside.is_dir() { inside } else { root().join(name) }
}

fn manifest(folder: &Path) -> toml::Table {
    toml::from_str(&fs::read_to_string(folder.join("Cargo.toml")).unwrap()).unwrap()
}

/// The row of the tables that a module is in: that of its crate, or that of a module of local-env.
fn row(module: &str) -> String {
    let mut names = module.split("::");
    match (names.next().unwrap_or_default(), names.next()) {
        (EMULATOR, Some(inside)) => inside.to_owned(),
        (name, _) => name.replace('_', "-"),
    }
}

/// Where the imports of local-env's modules and the table differ.
fn differences(imports: &[Import], rows: &[Row]) -> Vec<String> {
    let mut known = BTreeMap::<_, BTreeSet<_>>::new();
    let mut found = Vec::new();
    for it in imports.iter().filter(|it| it.from.starts_with("local_env::")) {
        let (from, to) = (row(&it.from), row(&it.to));
        let is_named = rows.iter().any(|row| row.name == from && row.knows.contains(&to));
        let is_new = known.entry(from.clone()).or_default().insert(to.clone());
        if from != to && !is_named && is_new {
            found.push(format!("{}: `{from}` is not to know of `{to}`", it.place));
        }
    }
    for row in rows {
        let known = known.remove(&row.name).unwrap_or_default();
        for name in row.knows.difference(&known) {
            found.push(format!("{}: `{}` knows nothing of `{name}`", row.place, row.name));
        }
    }
    found
}

/// What reads a clock or opens a socket in a module or below it.
fn impure(code: &Code, module: &str) -> Vec<String> {
    let is_impure = |name: &str| {
        let is = |it: &&str| format!("::{name}::").contains(&format!("::{it}::"));
        let waits = name.starts_with("tokio::time") && !name.starts_with("tokio::time::Instant");
        waits || IMPURE.iter().any(is)
    };
    let names = code.names(module).filter(|(name, _)| is_impure(name));
    names.map(|(name, place)| format!("{place}: {name}")).collect()
}

fn assert_none(found: &[String], what: &str) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn the_crates_and_what_each_depends_on_are_those_of_the_page() {
    let workspace = manifest(root());
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let members = members.iter().filter_map(|it| it.as_str()).flat_map(|it| {
        let Some(all) = it.strip_suffix("/*") else { return vec![it.to_owned()] };
        let inside = fs::read_dir(root().join(all)).unwrap().map(|it| it.unwrap().file_name());
        inside.map(|it| it.into_string().unwrap()).collect()
    });
    let there: BTreeSet<_> = CRATES.iter().map(|it| it.name.clone()).collect();
    assert_eq!(members.collect::<BTreeSet<_>>(), there, "the workspace's crates, and the page's");
    for row in &*CRATES {
        let manifest = manifest(&folder(&row.name));
        let named = manifest.get("dependencies").and_then(toml::Value::as_table);
        let named = named.into_iter().flat_map(toml::Table::keys).cloned().collect();
        let ours: BTreeSet<_> = there.intersection(&named).cloned().collect();
        assert_eq!(ours, row.knows, "what `{}` depends on, and {}", row.name, row.place);
    }
}

#[test]
fn each_module_of_local_env_imports_what_the_page_says() {
    let named: BTreeSet<_> = MODULES.iter().map(|it| &*it.name).collect();
    assert_eq!(CODE.inside(EMULATOR), named, "the modules, and the page's");
    assert_none(&differences(&IMPORTS, &MODULES), "imports, and docs/architecture.md");
}

#[test]
fn what_a_crate_or_a_module_knows_of_stands_above_it() {
    let mut above = BTreeSet::new();
    for row in CRATES.iter().chain(&*MODULES) {
        let wrong: Vec<_> = row.knows.difference(&above).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?} are not above `{}`", row.place, row.name);
        above.insert(row.name.clone());
    }
}

#[test]
fn modules_of_one_parent_import_one_another_in_no_circle() {
    assert_none(&circles(&IMPORTS), "circles");
}

#[test]
fn what_decides_reads_no_clock_and_opens_no_socket() {
    let inside = MODULES.iter().map(|row| (format!("{EMULATOR}::{}", row.name), row));
    for (module, row) in CRATES.iter().map(|row| (row.name.replace('-', "_"), row)).chain(inside) {
        let modules = match &row.decides {
            Decides::All => vec![module],
            Decides::These(names) => {
                names.iter().map(|it| format!("{module}::{}", it.replace('/', "::"))).collect()
            }
        };
        for module in modules {
            assert!(CODE.has(&module), "{}: there is no `{module}`", row.place);
            assert_none(&impure(&CODE, &module), "a clock or a socket in what decides");
        }
    }
}

#[test]
fn whatever_is_not_as_the_page_says_is_told_with_its_line() {
    let mut code = Code::default();
    code.insert("local_env", "lib.rs", "mod a;\nmod b;\nmod c;\npub use b::{d::E, F as G};");
    code.insert("local_env::a", "a.rs", "use crate::{\n    G,\n    b,\n};\n// crate::c::C\n");
    code.insert("local_env::b", "b.rs", "mod d;\nfn f() { super::a::f(\"crate::c\"); }");
    let text = "use super::super::c::C;\n#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}\n";
    code.insert("local_env::b::d", "d.rs", text);
    code.insert(
        "local_env::c",
        "c.rs",
        "use std::{net::{IpAddr, TcpStream}, time};\n\n\
        fn f() { time::Instant::now(); tokio::time::Instant; tokio::time::sleep }\n",
    );
    let row = Row {
        name: "a".to_owned(),
        place: "page:7".to_owned(),
        knows: ["b", "c"].map(str::to_owned).into(),
        decides: Decides::All,
    };
    let expected = [
        "b.rs:2: super::a::f: `b` is not to know of `a`",
        "d.rs:1: super::super::c::C: `b` is not to know of `c`",
        "page:7: `a` knows nothing of `c`",
    ];
    assert_eq!(differences(&code.imports(), &[row]), expected);
    let expected = [
        "a.rs:1: crate::G: local_env::a to local_env::b",
        "b.rs:2: super::a::f: local_env::b to local_env::a",
    ];
    assert_eq!(circles(&code.imports()), expected);
    assert_eq!(impure(&code, "local_env::b"), [""; 0]);
    let expected =
        ["c.rs:1: std::net::TcpStream", "c.rs:3: time::Instant::now", "c.rs:3: tokio::time::sleep"];
    assert_eq!(impure(&code, "local_env::c"), expected);
}
