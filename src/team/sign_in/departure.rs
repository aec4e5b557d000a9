//! The way to the portal, for a browser that has approved a sign-in.

use url::form_urlencoded;

use super::cookies::SignInCookie;
use crate::team::answer::Answer;
use crate::team::pages::{self, GoingOn, Language};
use crate::team::secret_value::{Kind, NoRandomNumbers, SecretValue};
use crate::team::settings::Settings;
use crate::team::store::records::Approval;

/// The values of a sign-in that is sent to the portal.
pub(in crate::team) struct Departure {
    state: SecretValue,
    binding: SecretValue,
}

impl Departure {
    /// Makes new values.
    ///
    /// # Errors
    /// [`NoRandomNumbers`].
    pub(in crate::team) fn new() -> Result<Self, NoRandomNumbers> {
        Ok(Self {
            state: SecretValue::random(Kind::State)?,
            binding: SecretValue::random(Kind::Binding)?,
        })
    }

    /// The digests, for the store.
    pub(in crate::team) fn approval(&self) -> Approval {
        Approval {
            state: self.state.digest(),
            binding: self.binding.digest(),
        }
    }

    /// The page that goes on to the portal, once the store has the approval. Sets the cookie by which the callback
    /// recognises the browser, and removes that of the consent form with this `handle`.
    ///
    /// A page, since a redirect after a form is blocked by `form-action 'self'` in some browsers.
    pub(in crate::team) fn answer(
        &self,
        settings: &Settings,
        language: Language,
        cookies: &str,
        handle: Option<&SecretValue>,
    ) -> Answer {
        let done = handle.map(SignInCookie::of);
        let (url, lives) = (&settings.public_url, settings.lifetimes.pending_sign_in);
        Answer::Page {
            status: 200,
            html: pages::going_on(language, &self.address(settings), GoingOn::ToPortal),
            cookies: SignInCookie::of(&self.state).set((url, lives), cookies, &self.binding, done.as_ref()),
        }
    }

    /// The portal ignores `redirect_uri` and `scope`: it returns the browser to the handler path of the application.
    fn address(&self, settings: &Settings) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &settings.client_id)
            .append_pair("state", self.state.expose())
            .append_pair("response_type", "code")
            .finish();
        format!("{}/oauth/authorize/?{query}", settings.portal)
    }
}
