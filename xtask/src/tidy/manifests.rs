//! Every crate follows the lints of the workspace, and names no version of its own.

use super::Source;

/// What is wrong with the manifests of the crates.
pub(super) fn problems(sources: &[Source]) -> Vec<String> {
    let manifests = sources.iter().filter(|source| {
        source.path.ends_with("/Cargo.toml") && source.path.matches('/').count() == 1
    });
    manifests.flat_map(judge).collect()
}

fn judge(source: &Source) -> Vec<String> {
    let Ok(manifest) = toml::from_str::<toml::Table>(&source.text) else {
        return vec![format!("{} cannot be read", source.path)];
    };
    let mut found = Vec::new();
    let inherits =
        |table: &toml::Value| table.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    if !manifest.get("lints").is_some_and(inherits) {
        found.push(format!("{} needs `[lints] workspace = true`", source.path));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        let own = table.iter().filter(|(_, dependency)| !inherits(dependency));
        found.extend(own.map(|(name, _)| {
            format!("{}: {section}.{name} must be `{{ workspace = true }}`", source.path)
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;

    #[test]
    fn a_crate_inherits_lints_and_versions() {
        let good = "[lints]\nworkspace = true\n[dependencies]\nserde = { workspace = true }\n";
        let bad = "[dependencies]\nserde = \"1\"\n";
        let sources = [
            source("good/Cargo.toml", good),
            source("bad/Cargo.toml", bad),
            source("Cargo.toml", bad),
        ];
        let found = problems(&sources);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|problem| problem.starts_with("bad/Cargo.toml")));
    }
}
