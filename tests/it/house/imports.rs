//! Which files of `src` import which, read from the source with `syn`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ItemMod, ItemUse, Token, UseTree};

/// A file by its module path: `portal/limits.rs` is `["portal", "limits"]`.
pub(super) type Module = Vec<String>;

/// For every file, the files that it imports from, with the items.
pub(super) type Imports = BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>;

/// A path in a file's code, such as `crate::portal::Method`, and the number of inline modules around it.
struct Named {
    segments: Vec<String>,
    depth: usize,
}

/// Collects the paths of a file, without those of its tests.
#[derive(Default)]
struct Paths {
    named: Vec<Named>,
    depth: usize,
}

impl Paths {
    fn add(&mut self, segments: Vec<String>) {
        self.named.push(Named {
            segments,
            depth: self.depth,
        });
    }

    fn add_tree(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.add_tree(&with(path.ident.to_string()), &path.tree),
            UseTree::Name(name) => self.add(with(name.ident.to_string())),
            UseTree::Rename(rename) => self.add(with(rename.ident.to_string())),
            UseTree::Glob(_) => self.add(before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(before, item)),
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(module) => &module.attrs,
            syn::Item::Use(imported) => &imported.attrs,
            syn::Item::Fn(function) => &function.attrs,
            syn::Item::Impl(block) => &block.attrs,
            _ => &Vec::new(),
        };
        if !is_for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, module);
        self.depth -= 1;
    }

    fn visit_item_use(&mut self, imported: &'ast ItemUse) {
        self.add_tree(&[], &imported.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// `pub(in crate::room)` is no import.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        if let Ok(arguments) = called.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
            arguments.iter().for_each(|argument| self.visit_expr(argument));
        }
    }
}

/// The imports of one file of `code`: paths from the crate's root, the items' names included.
fn imports_of(module: &[String], code: &str) -> Vec<Vec<String>> {
    let mut paths = Paths::default();
    paths.visit_file(&syn::parse_file(code).unwrap());
    let from_root = |Named { segments, depth }: Named| {
        let first = segments.first()?;
        if first == "crate" || first == "bitrix24_mail_mcp" {
            return Some(segments[1..].to_vec());
        }
        let ups = segments.iter().take_while(|segment| *segment == "super").count();
        if ups == 0 && first != "self" {
            // A module that this file declares, or a crate. A single word is usually a variable.
            return (segments.len() > 1).then(|| [module, &segments].concat());
        }
        let rest = &segments[ups.max(usize::from(first == "self"))..];
        let kept = module.len().checked_sub(ups.saturating_sub(depth))?;
        Some([&module[..kept], rest].concat())
    };
    paths.named.into_iter().filter_map(from_root).collect()
}

/// The imports of all files, given by path below `src` and code.
pub(super) fn of_all_files(files: &[(String, String)]) -> Imports {
    let modules: BTreeMap<Module, &String> = files
        .iter()
        .map(|(path, code)| {
            (
                path.trim_end_matches(".rs").split('/').map(str::to_owned).collect(),
                code,
            )
        })
        .collect();
    let is_file = |path: &[String]| modules.contains_key(path);
    let mut all = Imports::new();
    for (module, code) in &modules {
        let imported = all.entry(module.clone()).or_default();
        for path in imports_of(module, code) {
            let length = (1..=path.len()).rev().find(|length| is_file(&path[..*length]));
            let Some(length) = length else { continue };
            let (file, item) = path.split_at(length);
            if file != module.as_slice() {
                imported.entry(file.to_vec()).or_default().insert(item.join("::"));
            }
        }
    }
    all
}

/// Every file that `start` reaches by imports.
fn reached_from<'a>(start: &'a Module, imports: &'a Imports) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        open.extend(imports[file].keys().filter(|other| reached.insert(*other)));
    }
    reached
}

/// The arrows that belong to a circle of imports: importing file, imported file, items.
pub(super) fn circles(imports: &Imports) -> Vec<String> {
    let arrows = imports
        .iter()
        .flat_map(|(file, imported)| imported.iter().map(move |(other, items)| (file, other, items)));
    arrows
        .filter(|(file, other, _)| reached_from(other, imports).contains(file))
        .map(|(file, other, items)| format!("{} -> {}: {items:?}", file.join("/"), other.join("/")))
        .collect()
}

/// The path below `src` and the code of every file, without the files that only tests compile.
pub(super) fn product_files(files: Vec<std::path::PathBuf>, root: &Path) -> Vec<(String, String)> {
    let all: Vec<(String, String)> = files
        .into_iter()
        .map(|path| {
            let code = fs::read_to_string(&path).unwrap();
            (
                path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"),
                code,
            )
        })
        .collect();
    let test_folders: Vec<String> = all
        .iter()
        .flat_map(|(path, code)| {
            let folder = path.trim_end_matches(".rs").to_owned();
            let file = syn::parse_file(code).unwrap();
            let modules = file.items.into_iter().filter_map(|item| match item {
                syn::Item::Mod(module) if is_for_tests(&module.attrs) => Some(module.ident.to_string()),
                _ => None,
            });
            modules.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>()
        })
        .collect();
    all.into_iter()
        .filter(|(path, _)| {
            !test_folders
                .iter()
                .any(|folder| path.starts_with(&format!("{folder}/")) || *path == format!("{folder}.rs"))
        })
        .collect()
}
