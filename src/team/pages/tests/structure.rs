//! A strict reader of the HTML that the pages use: every element is closed, every value is in double quotes.

const WITHOUT_END: [&str; 3] = ["meta", "input", "br"];

/// The elements and attributes of a page.
pub(super) struct Structure {
    /// The opened elements, in order.
    pub(super) tags: Vec<String>,
    /// Element, attribute and value, in order.
    pub(super) attributes: Vec<(String, String, String)>,
    /// Elements and attributes in order, without values.
    pub(super) shape: Vec<String>,
}

impl Structure {
    /// Reads a page.
    ///
    /// # Panics
    /// If it is not well-formed.
    pub(super) fn of(html: &str) -> Self {
        let mut rest = html.strip_prefix("<!doctype html>\n").unwrap();
        let mut page = Self {
            tags: Vec::new(),
            attributes: Vec::new(),
            shape: Vec::new(),
        };
        let mut open = Vec::new();
        while let Some((text, after)) = rest.split_once('<') {
            assert!(
                open.last() == Some(&"style") || !text.contains('>'),
                "a bare > in {text}"
            );
            let (tag, after) = after.split_once('>').unwrap();
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "{html}");
                page.shape.push(tag.to_owned());
                continue;
            }
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                "<{name}>"
            );
            page.tags.push(name.to_owned());
            page.shape.push(name.to_owned());
            page.read_attributes(name, attributes);
            if !WITHOUT_END.contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
        page
    }

    fn read_attributes(&mut self, tag: &str, mut rest: &str) {
        while !rest.is_empty() {
            let (name, after) = rest.split_once("=\"").unwrap();
            let (value, after) = after.split_once('"').unwrap();
            assert!(
                name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{tag} {name}"
            );
            self.shape.push(format!("{tag} {name}"));
            self.attributes
                .push((tag.to_owned(), name.to_owned(), value.to_owned()));
            rest = after.strip_prefix(' ').unwrap_or(after);
        }
    }
}

/// The texts between the elements of the body, without code.
pub(super) fn texts_of(html: &str) -> Vec<String> {
    let (_, body) = html.split_once("<body>").unwrap();
    let parts = body
        .split('<')
        .filter(|part| !part.starts_with("code") && !part.starts_with("pre"));
    let texts = parts.filter_map(|part| Some(part.split_once('>')?.1.trim().to_owned()));
    texts.filter(|text| text.chars().any(char::is_alphabetic)).collect()
}
