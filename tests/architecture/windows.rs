//! The pages know the published API only.

use super::{files, root};

#[test]
fn the_pages_never_read_rust_sources() {
    let rooms = ["domain/src", "channels/src", "routing/", "records/", "gateway/src"];
    for file in files(&root().join("web"), &[".ts", ".tsx", ".mjs", ".js"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("import") || line.contains("readFile"))
        {
            let found = rooms.iter().find(|room| line.contains(*room));
            assert!(found.is_none(), "{}: {line}", file.display());
        }
    }
}

#[test]
fn the_widget_never_imports_the_desk() {
    for file in files(&root().join("web/widget/src"), &[".ts", ".tsx"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.contains("from \"") || line.contains("import("))
        {
            assert!(!line.contains("desk"), "{}: {line}", file.display());
        }
    }
}
