using Orrery.Catalog;

namespace Orrery.Training;

/// <summary>
/// The order in which a stage runs its passes. A new schedule is one class in one file of the folder <c>Schedules</c>: a word, a line about it and
/// <see cref="Order"/>. Time and memory follow from the order; a schedule with a formula overrides them.
/// </summary>
public abstract class Schedule : Choice
{
    /// <summary>Every schedule.</summary>
    public static ChoiceList<Schedule> List { get; } = new(ChoiceFiles.Schedules());

    /// <summary>What a pipeline runs that is asked for nothing else and holds one chunk a stage.</summary>
    public static Schedule Usual { get; } = List.Get("1f1b");

    /// <summary>The same for several chunks a stage.</summary>
    public static Schedule UsualOfChunks { get; } = List.Get("interleaved");

    /// <summary>What a plan with <paramref name="virtualStages"/> chunks a stage runs that names no schedule.</summary>
    public static Schedule UsualFor(int virtualStages) => virtualStages > 1 ? UsualOfChunks : Usual;

    /// <summary>The same under a stack: the usual one where it has that, else the first of its own that holds as many chunks.</summary>
    public static Schedule UsualFor(StackDescription stack, int virtualStages)
    {
        Schedule usual = UsualFor(virtualStages);
        if (stack.Schedules.Contains(usual.Name))
            return usual;
        foreach (string word in stack.Schedules)
        {
            if (List.Find(word) is { } one && one.MostVirtualStages >= virtualStages)
                return one;
        }

        return usual;
    }

    /// <summary>Most chunks a stage may hold; the search tries no more.</summary>
    public virtual int MostVirtualStages => 1;

    /// <summary>Copies of the weights the pipeline holds: 2 where stages hold chunks for micro-batches that come from both ends.</summary>
    public virtual int WeightCopies => 1;

    /// <summary>
    /// The published bubble with equal stages: idle time of a stage in one step, for times of one pass through a chunk (<paramref name="backward"/> is
    /// both gradients, <paramref name="weight"/> that of the weights; a pair takes as long as its two passes). Null where none was published.
    /// </summary>
    public virtual double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) => null;

    /// <summary>The same in words, with F, B (both gradients), W, p stages, m micro-batches and v chunks a stage.</summary>
    public virtual string BubbleFormula => "";

    /// <summary>Most activations held, in words, in units of one micro-batch through a stage.</summary>
    public virtual string PeakFormula => "";

    /// <summary>What it needs of a pipeline, in words that follow "needs"; empty where it runs any.</summary>
    public virtual string Needs => "";

    /// <summary>Why the schedule cannot run this, or null. A pipeline of one stage can run any.</summary>
    public virtual string? Objection(PipelineShape shape) =>
        shape.VirtualStages > MostVirtualStages ? $"the {Name} schedule has one chunk a stage; use interleaved for vpp {shape.VirtualStages}" : null;

    /// <summary>Whether there is no objection; for a search, which does not want the words.</summary>
    public virtual bool Allows(PipelineShape shape) => Objection(shape) is null;

    /// <summary>Chunks a stage holds.</summary>
    public virtual int ChunksHeld(PipelineShape shape) => shape.VirtualStages;

    /// <summary>The chunk of the network that is number <paramref name="local"/> on stage <paramref name="stage"/>.</summary>
    public virtual int Chunk(PipelineShape shape, int stage, int local) => stage + (local * shape.Stages);

    /// <summary>The stage that runs micro-batch <paramref name="microBatch"/> in chunk <paramref name="chunk"/>.</summary>
    public virtual int Stage(PipelineShape shape, int chunk, int microBatch) => chunk % shape.Stages;

    /// <summary>Adds the passes of stage <paramref name="stage"/> in their order.</summary>
    public abstract void Order(PipelineShape shape, int stage, ScheduleOrder into);

    /// <summary>Whether the input of chunk <paramref name="chunk"/> comes from another stage.</summary>
    public bool Receives(PipelineShape shape, int chunk) => chunk > 0 && Stage(shape, chunk, 0) != Stage(shape, chunk - 1, 0);

    /// <summary>Whether the gradient of the output of chunk <paramref name="chunk"/> comes from another stage.</summary>
    public bool ReceivesGradient(PipelineShape shape, int chunk) => chunk < shape.Chunks - 1 && Receives(shape, chunk + 1);

    /// <summary>
    /// Closed form of the time from the first pass to the last one, in seconds, on more than one stage. Without a formula of its own, the longest path
    /// through the order. A test holds it to the event run of <see cref="Order"/>.
    /// </summary>
    public virtual double Time(in PassTimes times, int microBatches) => OrderPath.OfThread.Length(this, times, microBatches);

    /// <summary>Time that pairs save in one step, mean over stages (<see cref="PassTimes.Saving"/>).</summary>
    public virtual double Saved(in PassTimes times, int microBatches) => OrderPath.OfThread.Saved(this, times, microBatches);

    /// <summary>
    /// Most passes (chunk x micro-batch) whose activations stage <paramref name="stage"/> holds at once: from the start of the forward pass to the end of the
    /// backward pass, or of that of the weights where the two are apart.
    /// </summary>
    public virtual int PeakPasses(PipelineShape shape, int stage) => OrderPath.OfThread.PeakPasses(this, shape, stage);
}
