using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Models;

namespace Orrery.Training;

/// <summary>
/// Says why no layout is legal: what was fixed is given up, then taken back one by one, and each choice that leaves nothing is named with what it breaks and
/// the nearest values that would do.
/// </summary>
public sealed class LayoutRefusal(TrainingRequest request, Func<TrainingRequest, LayoutSearch> search, Func<TrainingRequest, Plan> template, int ranks)
{
    /// <summary>Values tried on either side of the one given.</summary>
    private const int MostTried = 512;

    /// <summary>What a person may fix, in the order it is taken back.</summary>
    private static readonly ImmutableArray<Pin> Pins =
    [
        new("--tp", "tp", static one => one.TensorParallel, static (one, value) => one with { TensorParallel = value }),
        new("--pp", "pp", static one => one.PipelineParallel, static (one, value) => one with { PipelineParallel = value }),
        new("--cp", "cp", static one => one.ContextParallel, static (one, value) => one with { ContextParallel = value }),
        new("--dp", "dp", static one => one.DataParallel, static (one, value) => one with { DataParallel = value }),
        new("--vpp", "vpp", static one => one.VirtualStages, static (one, value) => one with { VirtualStages = value }),
        new("--ep", "ep", static one => one.ExpertParallel, static (one, value) => one with { ExpertParallel = value }),
        new("--etp", "etp", static one => one.ExpertTensorParallel, static (one, value) => one with { ExpertTensorParallel = value }),
        new("--micro-batch", "micro-batch", static one => one.MicroBatch, static (one, value) => one with { MicroBatch = value }),
        new("--zero", "zero", static one => one.Zero, static (one, value) => one with { Zero = value }),
        new("--shard-ranks", "shard-ranks", static one => one.ShardRanks, static (one, value) => one with { ShardRanks = value }),
        new("--prefetch", "prefetch", static one => one.Prefetch, static (one, value) => one with { Prefetch = value }),
        new("--schedule", "schedule", static one => one.Schedule?.Name, static one => one with { Schedule = null }, static (one, from) => one with { Schedule = from.Schedule }),
        new("--pipeline-split", "split", static one => one.Split?.ToString(), static one => one with { Split = null }, static (one, from) => one with { Split = from.Split }),
        new("--cp-layout", "cp", static one => one.ContextLayout?.Name, static one => one with { ContextLayout = null }, static (one, from) => one with { ContextLayout = from.ContextLayout }),
        new("--cp-inner", "cp-inner", static one => one.ContextInner, static (one, value) => one with { ContextInner = value }),
        new("--sequence-parallel", "sequence parallelism", static one => one.SequenceParallel switch { null => null, true => "on", false => "off" }, static one => one with { SequenceParallel = null },
            static (one, from) => one with { SequenceParallel = from.SequenceParallel }),
    ];

    /// <summary>One diagnostic for each choice that leaves no layout, or one about the batch where nothing that was fixed is to blame.</summary>
    public ImmutableArray<Diagnostic> Explain()
    {
        TrainingRequest accepted = request;
        foreach (Pin pin in Pins)
            accepted = pin.Without(accepted);
        if (!IsLegal(accepted))
            return [OfBatch(accepted)];

        ImmutableArray<Diagnostic>.Builder found = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (Pin pin in Pins)
        {
            if (pin.Text(request) is not { } value)
                continue;
            TrainingRequest with = pin.Take(accepted, request);
            if (IsLegal(with))
                accepted = with;
            else
                found.Add(OfPin(pin, value, accepted, with));
        }

        return found.Count > 0 ? found.ToImmutable() : [OfBatch(request)];
    }

    private bool IsLegal(TrainingRequest one) => search(one).HasLegal(template(one));

    private Diagnostic OfPin(Pin pin, string value, TrainingRequest accepted, TrainingRequest with)
    {
        List<string> near = [];
        if (pin.Number(request) is { } number)
        {
            if (Nearest(pin, accepted, number, -1) is { } below)
                near.Add(below);
            if (Nearest(pin, accepted, number, +1) is { } above)
                near.Add(above);
        }

        string nearest = near.Count switch { 0 => "", 1 => $"; the nearest that has one is {near[0]}", _ => $"; the nearest that have one are {near[0]} and {near[1]}" };
        string reason = Reason(pin, with);
        if (reason.StartsWith("global batch", StringComparison.Ordinal) && pin.Flag != "--micro-batch" && Batches(with) is { Length: > 0 } batches)
            nearest += $"; so would --global-batch {batches}";
        return new(Severity.Error, "ORR4005", pin.Flag, 0, 0, string.Create(CultureInfo.InvariantCulture, $"{value} leaves no layout of {request.Model.Name} on {ranks} ranks{(reason.Length > 0 ? ": " + reason : "")}{nearest}"));
    }

    private string? Nearest(Pin pin, TrainingRequest accepted, int number, int step)
    {
        int tried = 0;
        for (long value = number + step; value >= 1 && value <= Math.Max(number, ranks) + (long)MostTried && tried < MostTried; value += step)
        {
            if (!IsWorthTrying(pin, (int)value))
                continue;
            tried++;
            if (IsLegal(pin.With(accepted, (int)value)))
                return value.ToString(CultureInfo.InvariantCulture);
        }

        return null;
    }

    /// <summary>Degrees have to divide the ranks and micro-batches the batch: others need no search.</summary>
    private bool IsWorthTrying(Pin pin, int value) => pin.Flag switch
    {
        "--tp" or "--pp" or "--cp" or "--dp" => ranks % value == 0,
        "--micro-batch" => template(request).GlobalBatch % value == 0,
        "--zero" => value <= 3,
        _ => value <= 4096,
    };

    /// <summary>What the plainest plan with everything accepted so far, and the choice, breaks: what names the choice, or else the first.</summary>
    private string Reason(Pin pin, TrainingRequest with)
    {
        int? value = pin.Number(request);
        if (pin.Flag is "--tp" or "--pp" or "--cp" or "--dp" && ranks % value!.Value != 0)
            return "it does not divide the ranks";
        if (pin.Flag == "--vpp" && with.PipelineParallel == 1)
            return "a pipeline of one stage has one chunk";
        Plan plan = template(with);
        int chunks = with.VirtualStages ?? 1;
        int stages = with.Split is { IsAutomatic: false } split ? Math.Max(1, split.Layers.Length / chunks) : chunks > 1 ? 2 : 1;
        int tp = with.TensorParallel ?? 1, pp = with.PipelineParallel ?? stages, cp = with.ContextParallel ?? 1;
        plan = plan with
        {
            TensorParallel = tp,
            PipelineParallel = pp,
            ContextParallel = cp,
            VirtualStages = chunks,
            Schedule = with.Schedule ?? Schedule.UsualFor(with.Stack, chunks),
            DataParallel = with.DataParallel ?? (int)Math.Max(1, ranks / ((long)tp * pp * cp)),
            ExpertParallel = with.ExpertParallel ?? 1,
            MicroBatch = with.MicroBatch ?? 1,
            SequenceParallel = with.SequenceParallel ?? tp > 1,
        };
        List<string> objections = [];
        PlanRules.Check(plan, with.Model, ranks, objections);
        string? named = objections.Find(one => one.StartsWith($"{pin.Word} {value} does not", StringComparison.Ordinal)) ?? objections.Find(one => one.StartsWith(pin.Word + " ", StringComparison.Ordinal)) ?? objections.Find(one => one.Contains(pin.Word, StringComparison.Ordinal));
        return named ?? (objections.Count > 0 ? objections[0] : "");
    }

    /// <summary>Batches beside the one given that would let the choice stand.</summary>
    private string Batches(TrainingRequest with)
    {
        int batch = template(with).GlobalBatch;
        int together = Math.Max(1, ranks / Math.Max(1, (with.TensorParallel ?? 1) * (with.PipelineParallel ?? 1) * (with.ContextParallel ?? 1))) * (with.MicroBatch ?? 1);
        List<int> near = [];
        foreach (long value in (ReadOnlySpan<long>)[(long)batch / together * together, (((long)batch / together) + 1) * together])
        {
            if (value is >= 1 and <= int.MaxValue && IsLegal(with with { GlobalBatch = (int)value }))
                near.Add((int)value);
        }

        return string.Join(" or ", near);
    }

    private Diagnostic OfBatch(TrainingRequest one)
    {
        int batch = template(one).GlobalBatch;
        List<int> near = [];
        foreach (int step in (ReadOnlySpan<int>)[-1, 1])
        {
            for (int value = batch + step; value >= 1 && value < int.MaxValue - 1 && Math.Abs(value - batch) <= MostTried; value += step)
            {
                if (!IsLegal(one with { GlobalBatch = value }))
                    continue;
                near.Add(value);
                break;
            }
        }

        string nearest = near.Count switch { 0 => "try other --chips", 1 => $"{near[0]} would do", _ => $"{near[0]} or {near[1]} would do" };
        return new(Severity.Error, "ORR4005", "--global-batch", 0, 0, string.Create(
            CultureInfo.InvariantCulture, $"no layout of {one.Model.Name} on {ranks} ranks divides a global batch of {batch} sequences, the heads and the layers; {nearest}"));
    }

    /// <summary>One thing a person may fix.</summary>
    private sealed class Pin
    {
        private readonly Func<TrainingRequest, int?>? number;
        private readonly Func<TrainingRequest, int?, TrainingRequest>? set;
        private readonly Func<TrainingRequest, string?>? text;
        private readonly Func<TrainingRequest, TrainingRequest>? without;
        private readonly Func<TrainingRequest, TrainingRequest, TrainingRequest>? take;

        public Pin(string flag, string word, Func<TrainingRequest, int?> number, Func<TrainingRequest, int?, TrainingRequest> set) =>
            (Flag, Word, this.number, this.set) = (flag, word, number, set);

        public Pin(
            string flag, string word, Func<TrainingRequest, string?> text, Func<TrainingRequest, TrainingRequest> without,
            Func<TrainingRequest, TrainingRequest, TrainingRequest> take) => (Flag, Word, this.text, this.without, this.take) = (flag, word, text, without, take);

        public string Flag { get; }

        /// <summary>As objections call it.</summary>
        public string Word { get; }

        public int? Number(TrainingRequest one) => number?.Invoke(one);

        public string? Text(TrainingRequest one) => number is null ? text!(one) : number(one)?.ToString(CultureInfo.InvariantCulture);

        public TrainingRequest Without(TrainingRequest one) => set is null ? without!(one) : set(one, null);

        public TrainingRequest With(TrainingRequest one, int value) => set is null ? one : set(one, value);

        public TrainingRequest Take(TrainingRequest one, TrainingRequest from) => set is null ? take!(one, from) : set(one, number!(from));
    }
}
