"""Links to renditions, signed with AWS Signature Version 4 and nothing but the standard library."""

import hashlib
import hmac
import time
from functools import lru_cache
from urllib.parse import quote

LIFETIME_SECONDS = 3 * 60 * 60
STEP_SECONDS = 60 * 60


class Links:
    def __init__(self, access_key, secret_key, session_token, region, bucket):
        self.access_key, self.secret_key, self.session_token = access_key, secret_key, session_token
        self.region, self.host = region, f"{bucket}.s3.{region}.amazonaws.com"
        self._of_hour = lru_cache(maxsize=1)(self._of_hour)

    @classmethod
    def of_environment(cls, environment):
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN"),
            environment["AWS_REGION"],
            environment["IMAGE_BUCKET"],
        )

    def at(self, now):
        """What makes a key a link: signed as of the last full hour, so that within it a link stays the same."""
        return self._of_hour(int(now // STEP_SECONDS) * STEP_SECONDS)

    def _of_hour(self, hour):
        date_time = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(hour))
        scope = f"{date_time[:8]}/{self.region}/s3/aws4_request"
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential={quote(f'{self.access_key}/{scope}', safe='')}"
            f"&X-Amz-Date={date_time}&X-Amz-Expires={LIFETIME_SECONDS}"
        )
        if self.session_token:
            query += f"&X-Amz-Security-Token={quote(self.session_token, safe='')}"
        query += "&X-Amz-SignedHeaders=host"
        signing_key = f"AWS4{self.secret_key}".encode()
        for part in scope.split("/"):
            signing_key = hmac.digest(signing_key, part.encode(), "sha256")
        host = self.host

        def link(key):
            path = f"/{quote(key)}"
            request = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
            digest = hashlib.sha256(request.encode()).hexdigest()
            text = f"AWS4-HMAC-SHA256\n{date_time}\n{scope}\n{digest}"
            signature = hmac.digest(signing_key, text.encode(), "sha256").hex()
            return f"https://{host}{path}?{query}&X-Amz-Signature={signature}"

        return link
