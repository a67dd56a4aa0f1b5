namespace Orrery.Serving;

/// <summary>What one line says, before it is judged; places count bytes from 1 and are 0 where there is nothing.</summary>
internal struct TraceRow
{
    public long Time;
    public bool IsTimed;

    /// <summary>The time is beyond what the clock of a run spans.</summary>
    public bool IsBeyond;

    /// <summary>Not-a-number where it is none.</summary>
    public double Input;
    public double Output;
    public double Images;
    public double Priority;
    public int InputAt;
    public int OutputAt;
    public int ImagesAt;
    public int PriorityAt;

    /// <summary>A number of the conversation; 0 where there is none.</summary>
    public ulong Conversation;
}
