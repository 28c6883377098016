//! Starting, describing and stopping Step Functions executions.
