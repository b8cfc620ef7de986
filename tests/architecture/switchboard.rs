//! One transition, one verb, everywhere: a Lua file and the Router's method that calls it.

use super::{files, root};
use std::collections::BTreeSet;
use std::path::Path;

fn lua_functions() -> BTreeSet<String> {
    let files = files(&root().join("routing/lua/functions"), &[".lua"]);
    files.iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn router_text() -> String {
    let files = files(&root().join("routing/src"), &[".rs"]);
    // The checkout's own name may have anything in it.
    let inner = |file: &Path| file.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    let files = files.into_iter().filter(|file| !inner(file).contains("test"));
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

/// The names given to `call("…` and `call_ro("…`.
fn called() -> BTreeSet<String> {
    let text = router_text();
    let mut names = BTreeSet::new();
    for door in ["call(", "call_ro("] {
        for after in text.split(door).skip(1) {
            let after = after.trim_start();
            if let Some(name) = after.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

#[test]
fn every_lua_function_is_called_by_the_router() {
    let uncalled: Vec<_> = lua_functions().difference(&called()).cloned().collect();
    assert!(uncalled.is_empty(), "no Router method calls {uncalled:?}");
}

#[test]
fn every_call_of_the_router_has_its_lua_file() {
    let missing: Vec<_> = called().difference(&lua_functions()).cloned().collect();
    assert!(missing.is_empty(), "no file in routing/lua/functions for {missing:?}");
}

#[test]
fn every_lua_function_names_its_callers_and_the_first_has_its_name() {
    let text = router_text();
    for file in files(&root().join("routing/lua/functions"), &[".lua"]) {
        let (lua, name) =
            (std::fs::read_to_string(&file).unwrap(), file.file_stem().unwrap().to_string_lossy());
        let line = lua.lines().find(|line| line.starts_with("-- Calls ")).unwrap();
        let callers: Vec<&str> =
            line.split("Router::").skip(1).map(|word| word.trim_matches([',', ' '])).collect();
        let is_read = text.contains(&format!("call_ro(\"{name}\""));
        assert!(is_read || callers[0] == name, "{name} is called by `{}`", callers[0]);
        for caller in callers {
            assert!(
                text.contains(&format!("async fn {caller}(")),
                "{name}: Router has no method `{caller}`"
            );
        }
    }
}

#[test]
fn every_lua_file_registers_the_function_of_its_name_and_says_what_it_replies() {
    for file in files(&root().join("routing/lua/functions"), &[".lua"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let registered: Vec<_> = text.match_indices("H.register(").collect();
        assert_eq!(registered.len(), 1, "{name} registers one function");
        assert!(text.contains(&format!("H.register('{name}'")), "{name} registers its own name");
        let head: String = text.lines().take_while(|line| line.starts_with("--")).collect();
        assert!(head.starts_with(&format!("-- {name}:")), "{name} begins with what it is for");
        assert!(
            head.contains("Reply") && head.contains("Calls Router::"),
            "{name}: no Reply or no caller"
        );
    }
}

#[test]
fn only_the_frame_asks_redis_for_the_time_and_nothing_asks_for_chance() {
    for file in files(&root().join("routing/lua"), &[".lua"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let is_frame = file.ends_with("shared/a_base.lua");
        assert!(is_frame || !text.contains("'TIME'"), "{} asks for the time", file.display());
        assert!(!text.contains("math.random"), "{} throws dice", file.display());
    }
}
