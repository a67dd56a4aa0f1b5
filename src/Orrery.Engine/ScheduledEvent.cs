namespace Orrery.Engine;

/// <summary>An event as it leaves the queue.</summary>
/// <param name="Time">Tick at which it happens.</param>
/// <param name="Priority">Its place among events of the same tick.</param>
/// <param name="Payload">What was scheduled.</param>
public readonly record struct ScheduledEvent<TPayload>(long Time, EventPriority Priority, TPayload Payload)
    where TPayload : struct;
