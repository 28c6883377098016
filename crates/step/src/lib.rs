//! What every step function shares: the Step trait, error names, telemetry and the record of each attempt.
