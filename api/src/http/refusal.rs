//! Requests that end before GraphQL begins: their status, code and words.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use entity::enums::Purpose;
use serde::Serialize;

use super::negotiate::Media;
use super::observe::RequestId;
use crate::access::purpose;
use crate::error::Code;
use crate::identity::token::TokenRefusal;

/// Seconds after which it is worth asking again.
pub const RETRY_SECONDS: &str = "5";

/// Of what a client asks too much at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    Requests {
        most: u64,
    },
    Cost {
        cost: u64,
        left: u64,
        most: u64,
    },
    /// At the same time.
    Waiting {
        most: usize,
    },
    /// Of all answers that are being sent.
    Bytes,
}

impl TooMany {
    fn message(self, seconds: i64) -> String {
        match self {
            Self::Requests { most } => {
                format!("This client may send {most} requests a minute. Try again in {seconds} seconds.")
            }
            Self::Cost { cost, left, most } => format!(
                "The answer may have {cost} values, and {left} are left of the {most} that this client may ask for in a \
                 minute. Ask for less, or try again in {seconds} seconds."
            ),
            Self::Waiting { most } => format!(
                "{most} requests of this client are being answered, and this one waited too long for its turn. Nothing \
                 was done; send fewer at once."
            ),
            Self::Bytes => {
                "The answers that are being sent fill the memory for them, and this request waited too long for \
                            its part. Nothing was done; read the answers as they come, ask for shorter pages (first, \
                            last), or send fewer requests at once."
                    .into()
            }
        }
    }

    fn message_vi(self, seconds: i64) -> String {
        match self {
            Self::Requests { most } => {
                format!("Mỗi phút được gửi tối đa {most} yêu cầu. Hãy thử lại sau {seconds} giây.")
            }
            Self::Cost { cost, left, most } => format!(
                "Câu trả lời có thể có {cost} giá trị, trong khi phút này chỉ còn {left} trên {most} giá trị. Hãy giảm \
                 yêu cầu hoặc thử lại sau {seconds} giây."
            ),
            Self::Waiting { most } => format!(
                "Đang xử lý {most} yêu cầu của bạn, yêu cầu này đã chờ quá lâu. Chưa có gì được thực hiện; hãy gửi ít \
                 yêu cầu cùng lúc hơn."
            ),
            Self::Bytes => "Bộ nhớ dành cho các câu trả lời đang gửi đã đầy, yêu cầu này đã chờ quá lâu. Chưa có gì được thực \
                            hiện; hãy nhận câu trả lời kịp thời, giảm số bản ghi mỗi trang (first, last) hoặc gửi ít yêu cầu \
                            cùng lúc hơn."
                .into(),
        }
    }
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    /// With the methods that are allowed.
    MethodNotAllowed(&'static str),
    NotAcceptable,
    UnsupportedMediaType,
    NoToken,
    BadToken(TokenRefusal),
    /// With the header that must not come twice.
    TwoHeaders(&'static str),
    UnknownPurpose,
    /// With the limit in letters.
    BadLegalBasis(usize),
    /// The database doesn't answer.
    Unavailable,
    /// The issuer of the token can't be asked for its keys.
    IssuerSilent,
    /// With the seconds after which it is worth asking again.
    TooMany(TooMany, i64),
    /// With the limit in bytes.
    BodyTooLarge(usize),
    BodyTooSlow,
    BodyBroken,
    NotUtf8,
    NotJson,
    NotAnObject,
    Batch,
    MissingQuery,
    /// `documentId` or `extensions.persistedQuery` is none that is understood.
    NoDigest,
    /// What names the document and the document itself, or two names, differ.
    OtherDocument,
    /// The client has registered no document of this name.
    UnknownDocument,
    /// The client may run only what it has registered, and this isn't.
    NotRegistered,
    /// With the entry whose type is wrong and the type that it should have.
    WrongType(&'static str, &'static str),
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoToken | Self::BadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Unavailable | Self::IssuerSilent => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany(..) => StatusCode::TOO_MANY_REQUESTS,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotRegistered => StatusCode::FORBIDDEN,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TwoHeaders(_)
            | Self::UnknownPurpose
            | Self::BadLegalBasis(_)
            | Self::BodyBroken
            | Self::NotUtf8
            | Self::NotJson
            | Self::NotAnObject
            | Self::Batch
            | Self::MissingQuery
            | Self::NoDigest
            | Self::OtherDocument
            | Self::UnknownDocument
            | Self::WrongType(..) => StatusCode::BAD_REQUEST,
        }
    }

    fn code(self) -> Code {
        match self {
            Self::NotFound | Self::UnknownDocument => Code::NotFound,
            Self::NotRegistered => Code::Forbidden,
            Self::NoToken | Self::BadToken(_) => Code::Unauthenticated,
            Self::Unavailable | Self::IssuerSilent => Code::Unavailable,
            Self::BodyTooLarge(_) | Self::TooMany(..) => Code::LimitExceeded,
            Self::BodyTooSlow => Code::Timeout,
            _ => Code::BadUserInput,
        }
    }

    /// The entry of the body, or the header, that is at fault.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::TwoHeaders(header) => Some(header),
            Self::UnknownPurpose => Some(purpose::HEADER),
            Self::BadLegalBasis(_) => Some(super::purpose::LEGAL_BASIS_HEADER),
            Self::MissingQuery => Some("query"),
            Self::NoDigest | Self::OtherDocument | Self::UnknownDocument => Some("documentId"),
            Self::WrongType(field, _) => Some(field),
            _ => None,
        }
    }

    fn message(self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address.".into(),
            Self::MethodNotAllowed(allow) => format!("This address answers {allow} only."),
            Self::NotAcceptable => {
                "Answers come as application/graphql-response+json or application/json; Accept allows neither.".into()
            }
            Self::UnsupportedMediaType => "Send the request as application/json in UTF-8, not compressed.".into(),
            Self::NoToken => "Send a token in the header Authorization: Bearer.".into(),
            Self::BadToken(refusal) => format!("The token is refused: {}.", refusal.reason()),
            Self::TwoHeaders(header) => format!("Send the header {header} once."),
            Self::UnknownPurpose => {
                format!("{} must be one of {}.", purpose::HEADER, Purpose::NAMES.join(", "))
            }
            Self::BadLegalBasis(letters) => format!(
                "X-Legal-Basis is a text of 1 to {letters} letters without control characters, in UTF-8 or percent-encoded."
            ),
            Self::Unavailable => "The register cannot be reached at the moment; try again soon.".into(),
            Self::IssuerSilent => {
                "The keys of the token's issuer cannot be fetched at the moment; try again soon.".into()
            }
            Self::TooMany(what, seconds) => what.message(seconds),
            Self::BodyTooLarge(limit) => format!("The request is longer than {limit} bytes."),
            Self::BodyTooSlow => "The request did not arrive in time.".into(),
            Self::BodyBroken => "The request broke off.".into(),
            Self::NotUtf8 => "The request is not valid UTF-8.".into(),
            Self::NotJson => "The request is not valid JSON.".into(),
            Self::NotAnObject => "The request must be a JSON object with the entry \"query\".".into(),
            Self::Batch => "Send one request at a time: a list of requests is not answered.".into(),
            Self::NoDigest => {
                "Name a registered document as \"sha256:\" and 64 hexadecimal digits in lower case in the entry \
                 \"documentId\", or as {\"version\": 1, \"sha256Hash\": …} in extensions.persistedQuery."
                    .into()
            }
            Self::OtherDocument => "The document is not the one whose digest is sent with it.".into(),
            Self::UnknownDocument => {
                "This client has registered no document with this digest. Send the document itself.".into()
            }
            Self::NotRegistered => {
                "This client may run only the operations that it has registered, and this is none of them. Ask your \
                 agency's administrator to register it."
                    .into()
            }
            Self::MissingQuery => "The entry \"query\" is missing.".into(),
            Self::WrongType(field, expected) => format!("The entry \"{field}\" must be {expected}."),
        }
    }

    fn message_vi(self) -> String {
        match self {
            Self::NotFound => "Không có gì tại địa chỉ này.".into(),
            Self::MethodNotAllowed(allow) => format!("Địa chỉ này chỉ nhận phương thức {allow}."),
            Self::NotAcceptable => {
                "Chỉ trả lời bằng application/graphql-response+json hoặc application/json; Accept không nhận loại nào."
                    .into()
            }
            Self::UnsupportedMediaType => "Hãy gửi yêu cầu dạng application/json, mã UTF-8, không nén.".into(),
            Self::NoToken => "Hãy gửi mã truy cập trong tiêu đề Authorization: Bearer.".into(),
            Self::BadToken(refusal) => format!("Mã truy cập bị từ chối: {}.", reason_vi(refusal)),
            Self::TwoHeaders(header) => format!("Chỉ gửi tiêu đề {header} một lần."),
            Self::UnknownPurpose => {
                format!("{} phải là một trong các mã: {}.", purpose::HEADER, Purpose::NAMES.join(", "))
            }
            Self::BadLegalBasis(letters) => format!(
                "X-Legal-Basis phải là văn bản từ 1 đến {letters} ký tự, không có ký tự điều khiển, mã UTF-8 hoặc mã hóa %."
            ),
            Self::Unavailable => "Hiện không kết nối được với cơ sở dữ liệu; hãy thử lại sau ít phút.".into(),
            Self::IssuerSilent => "Hiện không lấy được khóa của bên cấp mã truy cập; hãy thử lại sau ít phút.".into(),
            Self::TooMany(what, seconds) => what.message_vi(seconds),
            Self::BodyTooLarge(limit) => format!("Yêu cầu dài hơn {limit} byte."),
            Self::BodyTooSlow => "Yêu cầu không đến kịp thời hạn.".into(),
            Self::BodyBroken => "Yêu cầu bị đứt giữa chừng.".into(),
            Self::NotUtf8 => "Yêu cầu không phải UTF-8 hợp lệ.".into(),
            Self::NotJson => "Yêu cầu không phải JSON hợp lệ.".into(),
            Self::NotAnObject => "Yêu cầu phải là một đối tượng JSON có mục \"query\".".into(),
            Self::Batch => "Mỗi lần chỉ gửi một yêu cầu, không gửi danh sách yêu cầu.".into(),
            Self::NoDigest => {
                "Hãy ghi mã tài liệu dạng \"sha256:\" và 64 chữ số thập lục phân viết thường trong mục \"documentId\".".into()
            }
            Self::OtherDocument => "Tài liệu không khớp với mã SHA-256 gửi kèm.".into(),
            Self::UnknownDocument => "Chưa có tài liệu nào được đăng ký với mã này. Hãy gửi cả tài liệu.".into(),
            Self::NotRegistered => {
                "Client này chỉ được chạy các thao tác đã đăng ký; thao tác này chưa đăng ký. Hãy liên hệ quản trị của cơ \
                 quan."
                    .into()
            }
            Self::MissingQuery => "Thiếu mục \"query\".".into(),
            Self::WrongType(field, _) => format!("Mục \"{field}\" sai kiểu dữ liệu."),
        }
    }

    /// RFC 6750, section 3: no error is named to one who sent no token.
    fn challenge(self) -> Option<String> {
        match self {
            Self::NoToken => Some(r#"Bearer realm="ansinh""#.into()),
            Self::BadToken(refusal) => Some(format!(
                r#"Bearer realm="ansinh", error="invalid_token", error_description="{}""#,
                refusal.reason()
            )),
            _ => None,
        }
    }

    /// The answer, shaped as a GraphQL response without data.
    pub fn answer(self, media: Media, request: &HttpRequest) -> HttpResponse {
        let extensions = Extensions {
            code: self.code().as_str(),
            message_vi: self.message_vi(),
            field: self.field(),
            request_id: RequestId::of(request),
        };
        let body = Body { errors: [Error { message: self.message(), extensions }] };
        let mut response = HttpResponse::build(self.status());
        if let Some(challenge) = self.challenge() {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        match self {
            Self::Unavailable | Self::IssuerSilent => drop(response.insert_header((RETRY_AFTER, RETRY_SECONDS))),
            Self::TooMany(_, seconds) => drop(response.insert_header((RETRY_AFTER, seconds.to_string()))),
            Self::MethodNotAllowed(allow) => drop(response.insert_header((ALLOW, allow))),
            // What is left of the body will not be read.
            Self::BodyTooLarge(_) | Self::BodyTooSlow => drop(response.force_close()),
            _ => {}
        }
        response.insert_header((CONTENT_TYPE, media.content_type())).json(body)
    }
}

#[derive(Serialize)]
struct Body {
    errors: [Error; 1],
}

#[derive(Serialize)]
struct Error {
    message: String,
    extensions: Extensions,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    code: &'static str,
    message_vi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    request_id: RequestId,
}

fn reason_vi(refusal: TokenRefusal) -> &'static str {
    match refusal {
        TokenRefusal::Malformed => "sai định dạng",
        TokenRefusal::Expired => "đã hết hạn",
        TokenRefusal::NotYetValid => "chưa có hiệu lực",
        TokenRefusal::WrongIssuer => "không do hệ thống này cấp",
        TokenRefusal::WrongAudience => "không dành cho hệ thống này",
        TokenRefusal::UnknownKey => "ký bằng khóa không rõ",
        TokenRefusal::BadSignature => "chữ ký không đúng",
        TokenRefusal::Revoked => "đã bị thu hồi",
        TokenRefusal::ClientDisabled => "đơn vị sử dụng chưa được kích hoạt hoặc đã bị khóa",
        TokenRefusal::UnknownClient => "của một hệ thống chưa được đăng ký",
        TokenRefusal::LivesTooLong => "có thời hạn dài hơn mức cho phép",
        TokenRefusal::IssuerSilent => "chưa kiểm tra được khóa của bên cấp",
        TokenRefusal::InAddress => "không được đặt trong địa chỉ",
    }
}
