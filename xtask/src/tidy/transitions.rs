//! One transition, one Lua file, one method of the `Router`, all of one name. Functions that only
//! read are called by methods named for what they give.

use super::Source;

const FUNCTIONS: &str = "routing/lua/functions/";

/// Lua functions without a method.
pub(super) fn problems(sources: &[Source]) -> Vec<String> {
    let methods: Vec<&Source> = sources
        .iter()
        .filter(|source| {
            source.path.starts_with("routing/src/router") && source.has_ending(&[".rs"])
        })
        .collect();
    let has_method = |name: &str| {
        let head = format!("pub async fn {name}(");
        let generic = format!("pub async fn {name}<");
        let read = format!("call_ro(\"{name}\"");
        let fits = |text: &str| [&head, &generic, &read].iter().any(|part| text.contains(*part));
        methods.iter().any(|source| fits(&source.text))
    };
    let names = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix(FUNCTIONS)?.strip_suffix(".lua"));
    names
        .filter(|name| !has_method(name))
        .map(|name| format!("{FUNCTIONS}{name}.lua has no method `Router::{name}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn every_lua_function_has_its_method() {
        let sources = [
            source("routing/lua/functions/close.lua", ""),
            source("routing/lua/functions/assign.lua", ""),
            source("routing/lua/functions/read_desk.lua", ""),
            source("routing/src/router/close.rs", "pub async fn close(&self) {}"),
            source("routing/src/router/reads.rs", "self.call_ro(\"read_desk\", tenant)"),
        ];
        assert_eq!(
            problems(&sources),
            ["routing/lua/functions/assign.lua has no method `Router::assign`"]
        );
    }
}
