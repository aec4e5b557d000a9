//! The page that says why a sign-in ended: what happened, what to do, and the reference for the operator.

use super::language::Language;
use super::layout::Document;
use super::notice::Notice;
use super::texts;
use crate::team::answer::Answer;

/// The page of `notice`, with its status.
pub(in crate::team) fn notice(language: Language, notice: Notice) -> Answer {
    let texts = texts::of(language);
    let about = (texts.notice)(notice);
    let reference = notice.reference().map(|reference| {
        format!(
            "<p class=\"reference\">{}: <code>{reference}</code></p>\n",
            texts.reference
        )
    });
    let content = format!(
        "<p>{what}</p>\n<section>\n<h2>{heading}</h2>\n<p>{to_do}</p>\n</section>\n{reference}",
        what = about.what_happened,
        heading = texts.what_to_do,
        to_do = about.what_to_do,
        reference = reference.unwrap_or_default(),
    );
    let document = Document {
        language,
        title: about.title,
        refresh: None,
        content: &content,
        is_start: false,
    };
    Answer::Page {
        status: notice.status(),
        html: document.html(),
        cookies: Vec::new(),
    }
}
