//! Every error code that leaves the house, with its cause and its remedy. HTTP answers, problems of operations and the
//! error names that the state machines match on are all made of these words; they are a public contract.

/// An error code, why it appears, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code itself.
    pub name: &'static str,
    /// Why it appears.
    pub cause: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// The code of that name, if there is one.
pub fn named(name: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

macro_rules! codes {
    ($($name:ident: $cause:literal, $remedy:literal;)*) => {
        $(
            #[doc = concat!($cause, " ", $remedy)]
            pub const $name: Code = Code { name: stringify!($name), cause: $cause, remedy: $remedy };
        )*

        /// All of them, in the order in which they are listed.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    // Requests.
    MALFORMED_JSON: "The body is not JSON.", "Send a JSON body, with content type application/json.";
    INVALID_BODY: "A value of the body is missing, unknown, or of the wrong type or form.", "Correct the value that the pointer names.";
    INVALID_PARAMETER: "A parameter of the path, query or header has the wrong form.", "Correct the parameter that the details name.";
    INVALID_CURSOR: "The cursor was not made by this list, or for this merchant and these filters.", "Start the list again, without a cursor.";
    UNSUPPORTED_MEDIA_TYPE: "The body's content type is not application/json.", "Send content-type: application/json.";
    PAYLOAD_TOO_LARGE: "The body is larger than 256 KiB.", "Send less at once; images go to the upload URL, not into a body.";
    ROUTE_NOT_FOUND: "No route has this path.", "See the list of routes in the README.";
    METHOD_NOT_ALLOWED: "The path exists, with other methods.", "Use a method that the Allow header names.";
    RESOURCE_NOT_FOUND: "There is no such thing in this merchant's catalog.", "Check the id, and whose it is.";
    UNAUTHENTICATED: "The request does not say who sends it.", "Sign in, and send the credentials.";
    FORBIDDEN: "This role may not do that.", "Ask for a role that may.";
    // Conflicts.
    SKU_TAKEN: "Another product of this merchant has this SKU.", "Choose another SKU, or edit that product.";
    SLUG_TAKEN: "Another product of this merchant has this slug, or another category if it is a category's.", "Choose another slug, or leave it out to have one made.";
    ACTION_NOT_POSSIBLE: "The state it is in does not allow this action.", "Do one of the actions that the message names.";
    IMAGE_IN_USE: "A product or a category refers to the image.", "Remove the image from what the details name, then delete it.";
    PRECONDITION_REQUIRED: "This write needs an If-Match header.", "Read it, and send its ETag as If-Match, or * to overwrite whatever is there.";
    PRECONDITION_FAILED: "It was edited since you read it.", "Read it again, and repeat your edit on what you find.";
    STOCK_UNTRACKED: "Nobody has said how many there are of the product, so that none can come or go.", "Say how many there are first, with `set`; then adjust.";
    STOCK_INSUFFICIENT: "There are fewer of the product than were to go.", "Read the inventory, and let no more go than there are.";
    OUT_OF_STOCK: "No piece of the product is left, so that it can't be offered.", "Say with PATCH /v1/products/{id}/inventory how many there are, or with `set: null` that nobody counts; what was paused for that is then published by itself.";
    IDEMPOTENCY_KEY_REQUIRED: "This write adds to what is there, and repeated without an Idempotency-Key it would add twice.", "Send an Idempotency-Key: a new one with each change, and the same one when you repeat it.";
    IDEMPOTENCY_KEY_REUSED: "The Idempotency-Key was used for another request.", "Use a new key for a new request.";
    IDEMPOTENCY_KEY_IN_FLIGHT: "A request with this Idempotency-Key is under way.", "Repeat it after the seconds that Retry-After names.";
    IMAGE_REJECTED: "The image can't be used: its upload was rejected.", "Upload another one, with POST /v1/images. The details say what was wrong with this one.";
    UNKNOWN_IMAGE: "There is no such image in this merchant's catalog, or it is being deleted.", "Upload the image first, with POST /v1/images.";
    PRODUCT_INCOMPLETE: "Something is missing before the product can be offered.", "Add what `missing` names; a product that is wanted on a channel is then published by itself.";
    UNKNOWN_CATEGORY: "There is no such category in this merchant's tree.", "See which there are with GET /v1/categories, or make it with PUT /v1/categories/{id}.";
    QUERY_TOO_BROAD: "The database would have to look at too many products to find those that were asked for.", "Ask for something that fewer products have (words, a tag, an attribute, a category, a status), or in the order `newest`.";
    UNKNOWN_CHANNEL: "There is no such channel among this merchant's.", "Connect the channel first, with PUT /v1/channels/{id}.";
    TOO_MANY_PENDING_EVENTS: "The events of this document wait to be delivered, and there are too many of them.", "Repeat the request after the seconds that Retry-After names.";
    TOO_MANY_WRITES: "This merchant has written more than it may in this time.", "Repeat the request after the seconds that Retry-After names; RateLimit-Policy says how much is allowed.";
    // Our side.
    INTERNAL: "Something failed on our side.", "Repeat the request; if it fails again, report its request id.";
    UNAVAILABLE: "Something that we depend on does not answer.", "Repeat the request after the seconds that Retry-After names.";
    // Steps of the state machines. The names of the first four are what Retry and Catch match on.
    TRANSIENT: "Something that the step depends on did not answer.", "The workflow tries again by itself for some minutes; after that, retry the operation.";
    CONTENDED: "Other writes won the race for this document, time after time.", "Retry the operation.";
    SUBJECT_GONE: "The product or image of the operation is not there any more.", "Nothing, if it was deleted meanwhile.";
    INVALID_INPUT: "The step was given an input that it does not understand.", "Deploy state machine and function of one version, then retry the operation.";
    STEP_FAILED: "A step failed for a reason that it does not name.", "Look into the step's log, then retry the operation.";
    EXECUTION_STOPPED: "Somebody stopped the execution.", "Retry the operation, if that was not meant.";
    EXECUTION_TIMED_OUT: "The execution took longer than its machine allows.", "Retry the operation.";
    EXECUTION_FAILED: "The execution failed before it could say why.", "Look at the execution, then retry the operation.";
    EXECUTION_LOST: "The operation says that it runs, and no execution of it exists.", "Retry the operation.";
    OPERATION_CANCELLED: "Somebody cancelled the operation.", "Retry the operation, if that was not meant.";
    // Channels.
    CHANNEL_PAUSED: "The merchant has paused the channel.", "Resume the channel, then publish again.";
    CHANNEL_AUTH_BROKEN: "The channel refuses our credentials.", "Connect the channel again, with PUT /v1/channels/{id}, then publish again.";
    CHANNEL_SILENT: "The channel, or its adapter, gave no answer in time.", "Retry the operation.";
    CHANNEL_GONE: "The merchant has no such channel any more.", "Connect the channel again, then repeat the request.";
    CHANNEL_MISCONFIGURED: "The channel's configuration is not what its type needs.", "Correct the channel's configuration, then repeat the request.";
    CHANNEL_REFUSED: "The channel does not want the listing as it is.", "Change what the message names, or ask the channel; then publish again.";
    CHANNEL_ATTRIBUTE_MISSING: "The channel needs an attribute that the product does not have.", "Add the attribute that the pointer names; the product is then published by itself.";
    CHANNEL_IMAGE_UNFIT: "The channel takes no such photo.", "Replace the photo that the pointer names; the product is then published by itself.";
    CHANNEL_RULE_UNMET: "The product does not meet a rule of the channel.", "Do what the problem's remedy says; a product that is edited is then published by itself.";
    CHANNEL_THROTTLED: "The channel takes no more calls for now.", "Nothing: the workflow tries again by itself.";
    CHANNEL_BUSY: "Another call about this listing is under way.", "Nothing: the workflow tries again by itself.";
    // Images.
    IMAGE_EMPTY: "The uploaded file is empty.", "Upload the file again.";
    IMAGE_NOT_AN_IMAGE: "The uploaded file is not an image.", "Upload a JPEG, PNG, WebP or GIF.";
    IMAGE_UNSUPPORTED_FORMAT: "The image is of a format that we don't take.", "Save it as a JPEG, PNG, WebP or GIF, and upload that.";
    IMAGE_CORRUPT: "The image is damaged or incomplete.", "Export it again, and upload that.";
    IMAGE_TOO_LARGE: "The file has more bytes than we take.", "Upload a file of at most 20 MiB.";
    IMAGE_TOO_MANY_PIXELS: "The image has more pixels than we take.", "Scale it to at most 50 megapixels and 16,384 pixels a side.";
    IMAGE_NEVER_UPLOADED: "No file was uploaded within a day.", "Ask for a new upload, with POST /v1/images, and send the file to it.";
    IMAGE_UPLOAD_MISSING: "The upload was deleted before it was processed.", "Upload the image again.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_says_what_to_do() {
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();

        assert_eq!(names.len(), ALL.len());
        for code in ALL {
            assert!(code.cause.ends_with('.') && code.remedy.ends_with('.'), "{}", code.name);
        }
    }
}
