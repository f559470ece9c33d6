//! Guesses from folders.

use std::fs;

use tempfile::TempDir;

use super::*;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// How the folder `web` of these files is built and run, and in which folder.
fn guessed(files: &[(&str, &str)]) -> Option<(String, String, String)> {
    let folder = folder(files);
    let run = manifest(&folder.path().join("web"))?;
    let seen = run.folder.strip_prefix(folder.path()).unwrap().display().to_string();
    Some((run.build.unwrap_or_default(), run.words, seen))
}

fn in_web(build: &str, run: &str) -> (String, String, String) {
    (build.to_owned(), run.to_owned(), "web".to_owned())
}

#[test]
fn a_package_of_rust_is_built_by_cargo_where_its_workspace_is() {
    let package = "[package]\nname = \"shop\"\n";
    let main = ("web/src/main.rs", "fn main() {}");
    let alone = guessed(&[("web/Cargo.toml", package), main]);
    assert_eq!(alone, Some(in_web("cargo build", "target/debug/shop")));
    let workspace = ("Cargo.toml", "[workspace]\nmembers = [\"web\"]\n");
    let member = guessed(&[("web/Cargo.toml", package), main, workspace]).unwrap();
    assert_eq!(member, ("cargo build -p shop".into(), "target/debug/shop".into(), String::new()));
    let named = format!("{package}[[bin]]\nname = \"server\"\n");
    let named = guessed(&[("web/Cargo.toml", &named)]);
    assert_eq!(named, Some(in_web("cargo build", "target/debug/server")));
    assert_eq!(guessed(&[("web/Cargo.toml", package), ("web/src/lib.rs", "")]), None);
}

#[test]
fn a_package_of_node_is_run_by_its_start_script_or_its_main_file() {
    let read = |json: &str| guessed(&[("web/package.json", json)]);
    let node = |run| Some(in_web("npm install", run));
    assert_eq!(read(r#"{"scripts": {"start": "node server.js -v"}}"#), node("node server.js -v"));
    assert_eq!(read(r#"{"main": "app.js"}"#), node("node app.js"));
    let both = r#"{"main": "app.js", "scripts": {"start": "NODE_ENV=x node b.js && c"}}"#;
    assert_eq!(read(both), node("node app.js"));
    let tool = r#"{"scripts": {"start": "next start", "build": "next build"}}"#;
    let built = "npm install && npm run build";
    assert_eq!(read(tool), Some(in_web(built, "node_modules/.bin/next start")));
    assert_eq!(read("{}"), None);
    assert_eq!(read("no JSON"), None);
}

#[test]
fn a_module_of_go_is_built_into_bin() {
    let module = ("web/go.mod", "module example.com/team/shop/v2 // moved\n\ngo 1.24\n");
    let main = ("web/main.go", "package main");
    let alone = guessed(&[module, main]);
    assert_eq!(alone, Some(in_web("go build -o bin/shop .", "bin/shop")));
    let command = guessed(&[module, ("web/cmd/api/main.go", "package main")]);
    assert_eq!(command, Some(in_web("go build -o bin/api ./cmd/api", "bin/api")));
}

#[test]
fn a_project_of_python_is_run_by_its_script_or_as_a_module() {
    let read = |text: &str| guessed(&[("web/pyproject.toml", text)]).unwrap().1;
    assert_eq!(read("[project]\nname = \"my-shop\"\n"), ".venv/bin/python -m my_shop");
    let script = "[project]\nname = \"a\"\n[project.scripts]\nserve = \"a:main\"\n";
    assert_eq!(read(script), ".venv/bin/serve");
    assert_eq!(read("[tool.poetry]\nname = \"b\"\n"), ".venv/bin/python -m b");
}

/// What a Dockerfile makes of a container, as its command, and whether `Command` goes after it.
fn from_dockerfile(text: &str, container: &Container) -> Option<(String, bool)> {
    let folder = folder(&[("Dockerfile", text), ("start.sh", "")]);
    let run = Dockerfile::read(folder.path()).unwrap().guess(container)?;
    Some((run.words, run.command))
}

#[test]
fn a_dockerfile_tells_of_programs_that_a_machine_may_have() {
    let plain = Container::new("web", "web");
    let read = |text: &str| from_dockerfile(text, &plain);
    let whole = |run: &str| Some((run.to_owned(), false));
    assert_eq!(read("FROM a\nCMD [\"node\", \"a b.js\"]\n"), whole("node 'a b.js'"));
    assert_eq!(read("FROM a\nENTRYPOINT python \\\n app.py\ncmd -v"), whole("python app.py -v"));
    assert_eq!(read("FROM a\nENTRYPOINT [\"/app/start.sh\"]"), whole("./start.sh"));
    assert_eq!(read("FROM a\nCMD node a.js\nFROM b\nENTRYPOINT [\"/web\"]"), None);
    assert_eq!(read("FROM a\nCMD cd /app && node a.js"), None);
    assert_eq!(read("FROM a\nCMD [broken"), None);
    let commanded = Container { command: Some(vec!["-x".into()]), ..plain.clone() };
    let text = "FROM a\nENTRYPOINT [\"node\", \"a.js\"]\nCMD [\"-v\"]";
    assert_eq!(from_dockerfile(text, &commanded), Some(("node a.js".to_owned(), true)));
}

#[test]
fn folders_are_found_by_name_near_the_template_and_two_levels_down() {
    let root = folder(&[
        ("infra/web-app/a", ""),
        ("src/services/WebApp/a", ""),
        ("src/services/deep/webapp/a", ""),
        ("node_modules/webapp/a", ""),
        (".git/webapp/a", ""),
        ("api/a", ""),
    ]);
    let near = Folders::near(&root.path().join("infra"), &root.path().join("src"));
    let seen = |names: &[&str]| {
        let real = root.path().canonicalize().unwrap();
        let found = near.called(names).map(|it| it.strip_prefix(&real).unwrap().to_owned());
        found.map(|it| it.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&["web_app"]), ["infra/web-app", "src/services/WebApp"]);
    assert_eq!(seen(&["services", "web_app"])[0], "src/services");
    assert!(seen(&["api"]).is_empty());
    let all = Folders::near(root.path(), root.path());
    assert!(all.called(&["webapp"]).all(|it| !it.to_string_lossy().contains("node_modules")));
    assert!(all.called(&["webapp"]).all(|it| !it.to_string_lossy().contains(".git")));
    assert_eq!(all.called(&["--"]).count(), 0);
}

#[test]
fn a_folder_is_seen_from_another() {
    let root = folder(&[("a/b/x", ""), ("c/x", "")]);
    let real = root.path().canonicalize().unwrap();
    let seen =
        |from: &str, to: &str| seen_from(&real.join(from), &real.join(to)).display().to_string();
    assert_eq!(seen("a", "a/b"), "b");
    assert_eq!(seen("a/b", "c"), "../../c");
    assert_eq!(seen("a", "a"), "");
}
