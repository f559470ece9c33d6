//! The header names that the load balancer itself looks at, told apart once when a head is read.

macro_rules! known {
    ($($variant:ident = $text:literal,)*) => {
        /// A header's name, as far as the load balancer cares.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Name {
            $(#[doc = $text] $variant,)*
            /// It is any other name.
            Other,
        }

        impl Name {
            /// Returns which name this is, in whatever case it is written.
            pub(crate) fn of(name: &[u8]) -> Self {
                match name.len() {
                    $(len if len == $text.len() && name.eq_ignore_ascii_case($text.as_bytes()) => {
                        Self::$variant
                    })*
                    _ => Self::Other,
                }
            }
        }
    };
}

known! {
    Connection = "connection",
    ContentLength = "content-length",
    ContentType = "content-type",
    Cookie = "cookie",
    Date = "date",
    Expect = "expect",
    Host = "host",
    KeepAlive = "keep-alive",
    ProxyConnection = "proxy-connection",
    Server = "server",
    SetCookie = "set-cookie",
    Te = "te",
    TransferEncoding = "transfer-encoding",
    Upgrade = "upgrade",
    UserAgent = "user-agent",
    XAmznTraceId = "x-amzn-trace-id",
    XForwardedFor = "x-forwarded-for",
    XForwardedPort = "x-forwarded-port",
    XForwardedProto = "x-forwarded-proto",
}
