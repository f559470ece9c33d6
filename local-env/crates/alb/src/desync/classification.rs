//! The class of a request and the reason for it, by the names that AWS has for them.

/// How dangerous a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It is as the standard has it.
    #[default]
    Compliant,
    /// It is not quite so, but nobody reads it differently.
    Acceptable,
    /// Some servers might read it differently.
    Ambiguous,
    /// It is made to be read differently.
    Severe,
}

macro_rules! reasons {
    ($($name:ident = $text:literal,)*) => {
        /// Why a request is not compliant, by AWS's names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ClassificationReason {
            $(#[doc = $text] $name,)*
        }

        impl ClassificationReason {
            /// Returns the name that the access log has for it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

reasons! {
    AmbiguousUri = "A control character in the target.",
    BadContentLength = "A length that is no number.",
    BadHeader = "A NUL, or a line end inside a header.",
    BadMethod = "A method that is no token.",
    BadTransferEncoding = "A transfer coding that is not known.",
    BadUri = "A NUL, or a line end inside the target.",
    BadVersion = "A version that is none.",
    BothTeClPresent = "A length and a transfer coding.",
    DuplicateContentLength = "The same length twice.",
    EmptyHeader = "A header without a name.",
    GetHeadZeroContentLength = "A GET or HEAD that says it brings nothing.",
    MissingHeaderColon = "A header line without a colon.",
    MissingLastEmptyLine = "A head that does not end.",
    MissingUri = "No target.",
    MultilineHeader = "A header over several lines.",
    MultipleContentLength = "Different lengths.",
    MultipleTransferEncodingChunked = "Chunks within chunks.",
    NonCompliantHeader = "A character that headers must not have.",
    NonCompliantVersion = "A version that is not 1.0 or 1.1, or has blanks around it.",
    NonCrLfLineTermination = "A line that ends with a line feed alone.",
    PartialHeaderLine = "A header line that does not end.",
    SpaceInUri = "A blank in the target.",
    SuspiciousHeader = "A name much like that of a header which tells where a request ends.",
    UndefinedContentLengthSemantics = "A length where it means nothing.",
    UndefinedTransferEncodingSemantics = "A transfer coding where it means nothing.",
}

/// The class of a request, and why it has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classification {
    /// How dangerous it is.
    pub class: Class,
    /// Why, unless it is compliant.
    pub reason: Option<ClassificationReason>,
}

// === impl Class ===

impl Class {
    /// Returns the name that the access log has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compliant => "Compliant",
            Self::Acceptable => "Acceptable",
            Self::Ambiguous => "Ambiguous",
            Self::Severe => "Severe",
        }
    }
}

// === impl Classification ===

impl Classification {
    /// Raises the class, never lowers it: the first reason of the highest class is the one that stays.
    pub(super) fn raise(&mut self, class: Class, reason: ClassificationReason) {
        if class > self.class {
            *self = Self { class, reason: Some(reason) };
        }
    }
}
