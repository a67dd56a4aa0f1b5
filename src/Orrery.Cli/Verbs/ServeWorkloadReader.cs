using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Reports;
using Orrery.Models;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <summary>Turns the flags that say where requests come from, and what they ask for, into a workload; everything wrong is said at once.</summary>
internal sealed class ServeWorkloadReader(ParsedArguments arguments, ModelArchitecture model, ServingStack? stack, ShapeCatalog shapes, List<Diagnostic> problems)
{
    private const int UsualTokens = 1024;

    /// <summary>What made-up requests alone have.</summary>
    private static readonly string[] MadeUp = ["--input-tokens", "--output-tokens", "--lengths", "--shortest", "--turns", "--think-time", "--shared-tokens", "--images-per-request", "--image-tokens"];

    private readonly double? rate = arguments.Number("--rate");
    private readonly int? clients = arguments.Integer("--concurrency");
    private readonly ulong seed = (ulong)(arguments.Number("--seed") ?? 0);
    private readonly int context = arguments.Integer("--max-context") ?? (model.MaxPositions > 0 ? model.MaxPositions : int.MaxValue);

    /// <summary>The requests, or null where something is wrong with them.</summary>
    public ServingWorkload? Read()
    {
        string? file = arguments.Text("--trace");
        if (file is null && rate is null && clients is null)
            return Refuse(ServingCode.NoWorkload, "--trace", "no requests: give --trace FILE, --rate R or --concurrency C");
        if (clients is not null && rate is not null)
            return Refuse(ServingCode.NoWorkload, "--concurrency", "clients that wait have no --rate; give one of the two");
        if (arguments.Text("--arrivals") is not null && rate is null)
            return Refuse(ServingCode.NoWorkload, "--arrivals", "arrivals have no mean; give --rate R with it");
        Result<Shaped<ArrivalProcess>> arrivals = shapes.Arrivals(arguments.Text("--arrivals"), "--arrivals");
        problems.AddRange(arrivals.Diagnostics);
        Shaped<LengthSpread>? spread = Spread();
        if (arrivals.Value is not { } process || spread is null)
            return null;
        if (rate is double.NaN && process.Shape.Period > 0)
            return Refuse(ServingCode.NoWorkload, "--arrivals", $"{process.Text}: what repeats itself after a time of its own cannot be sent faster; give a rate, or another process with --rate max");
        return file is null ? OfMadeUp(process, spread) : OfFile(file, process);
    }

    /// <summary>Jobs of a diffusion model, all of <paramref name="patches"/> patches; null where something is wrong with them.</summary>
    public ServingWorkload? ReadJobs(int patches)
    {
        if (rate is null == clients is null)
            return Refuse(ServingCode.NoWorkload, "--rate", "no jobs: give --rate R or --concurrency C, one of the two");
        if (arguments.Text("--arrivals") is not null && rate is null)
            return Refuse(ServingCode.NoWorkload, "--arrivals", "arrivals have no mean; give --rate R with it");
        Result<Shaped<ArrivalProcess>> arrivals = shapes.Arrivals(arguments.Text("--arrivals"), "--arrivals");
        problems.AddRange(arrivals.Diagnostics);
        if (arrivals.Value is not { } process)
            return null;
        LengthRange input = new(patches);
        LengthRange output = new(1);
        if (clients is { } waiting)
        {
            RequestTrace sent = SyntheticTrace.Waiting(arguments.Integer("--requests") ?? Math.Min(TraceLimits.UsualRequests, waiting * ServeFlags.UsualRequestsOfClient), input, output, seed);
            return new ServingWorkload(sent, waiting, 0, string.Create(CultureInfo.InvariantCulture, $"{waiting:#,0} clients that wait"));
        }

        RequestTrace made = SyntheticTrace.Create(process.Shape, rate!.Value, arguments.Integer("--requests") ?? ServeFlags.UsualRequests, input, output, seed);
        return Noted(made, string.Create(CultureInfo.InvariantCulture, $"{rate.Value:G4} jobs/s ({process.Text})"), process);
    }

    private ServingWorkload? OfMadeUp(Shaped<ArrivalProcess> process, Shaped<LengthSpread> spread)
    {
        LengthRange input = new(arguments.Integer("--input-tokens") ?? UsualTokens, spread.Shape);
        LengthRange output = new(arguments.Integer("--output-tokens") ?? UsualTokens, spread.Shape);
        ConversationShape? conversations = Conversations();
        (int images, int imageTokens, int passes) = Images(conversations is not null);
        long longest = (long)input.Most + output.Most + (conversations?.SharedTokens ?? 0) + ((long)images * imageTokens);
        if (longest > context)
            return Refuse(ServingCode.PromptTooLong, "--input-tokens", $"prompt and answer have {longest:#,0} tokens, the context {context:#,0}");
        if (problems.Exists(static problem => problem.Severity == Severity.Error))
            return null;
        int count = arguments.Integer("--requests") ?? (clients is { } many ? Math.Min(TraceLimits.UsualRequests, many * ServeFlags.UsualRequestsOfClient) : ServeFlags.UsualRequests);
        string lengths = input.Least < input.Most || output.Least < output.Most
            ? string.Create(CultureInfo.InvariantCulture, $"{input.Least:#,0} to {input.Most:#,0} tokens in, {output.Least:#,0} to {output.Most:#,0} out{(spread.Shape is UniformLengths ? "" : $" ({spread.Text})")}")
            : string.Create(CultureInfo.InvariantCulture, $"{input.Most:#,0} tokens in, {output.Most:#,0} out");
        if (conversations is not null)
            lengths = $"{lengths} a turn{(conversations.SharedTokens > 0 ? $", behind {conversations.SharedTokens:#,0} that all share" : "")}";
        if (images > 0)
            lengths = string.Create(CultureInfo.InvariantCulture, $"{lengths}; {images:#,0} image{(images == 1 ? "" : "s")} of {imageTokens:#,0} tokens before each prompt");
        string what = conversations is null ? "requests" : "conversations";
        if (rate is double.NaN)
        {
            int? asked = arguments.Integer("--requests");
            return Fastest(new RatedRequests(Make(asked ?? MaximumRateFinder.UsualRequests), 1, SourceAt, asked is null ? Make : null) { Unit = what });
        }

        if (clients is { } waiting)
        {
            RequestTrace sent = conversations is null ? Seen(SyntheticTrace.Waiting(count, input, output, seed)) : Talks(null, 1, count);
            return new ServingWorkload(sent, waiting, 0, string.Create(CultureInfo.InvariantCulture, $"{waiting:#,0} clients that wait{(conversations is null ? "" : ", a conversation each")}; {lengths}"));
        }

        return Noted(conversations is null ? Seen(SyntheticTrace.Create(process.Shape, rate!.Value, count, input, output, seed)) : Talks(process.Shape, rate!.Value, count), SourceAt(rate.Value), process);

        RequestTrace Make(int many) => conversations is null ? Seen(SyntheticTrace.Create(process.Shape, 1, many, input, output, seed)) : Talks(process.Shape, 1, many);

        RequestTrace Seen(RequestTrace trace) => images > 0 ? trace.WithImages(images, imageTokens, passes) : trace;

        RequestTrace Talks(ArrivalProcess? beginning, double perSecond, int many)
        {
            RequestTrace trace = SyntheticConversations.Create(conversations, beginning, perSecond, many, input, output, context, stack!.BlockTokens, seed, out int ended);
            if (ended > 0)
                problems.Add(new Diagnostic(Severity.Warning, ServingCode.PromptTooLong, "--turns", 0, 0, $"{ended:#,0} conversations end early: a further turn would be longer than the context of {context:#,0} tokens"));
            return trace;
        }

        string SourceAt(double perSecond) => string.Create(CultureInfo.InvariantCulture, $"{perSecond:G4} {what}/s ({process.Text}); {lengths}");
    }

    /// <summary>Images before each prompt, the tokens of one, and how often the tower runs for one: once a tile.</summary>
    private (int Images, int Tokens, int Passes) Images(bool areTurns)
    {
        int images = arguments.Integer("--images-per-request") ?? 0;
        int? asked = arguments.Integer("--image-tokens");
        if (images == 0)
        {
            if ((asked is not null || arguments.Text("--image-size") is not null) && arguments.Text("--trace") is null)
                Refuse(ServingCode.NoWorkload, asked is not null ? "--image-tokens" : "--image-size", "there are no images; give --images-per-request K with it");
            return default;
        }

        if (areTurns)
            Refuse(ServingCode.NoWorkload, "--images-per-request", "made-up conversations are of text alone; leave --turns and --shared-tokens out");
        if (model.Vision is not { } vision)
        {
            Refuse(ServingCode.NoTower, "--images-per-request", $"{model.Name} has no vision tower");
            return default;
        }

        int tokens = asked ?? vision.TokensPerImage;
        return (images, tokens, (tokens + vision.TokensPerImage - 1) / vision.TokensPerImage);
    }

    /// <summary>What conversations are like; null where requests are of none.</summary>
    private ConversationShape? Conversations()
    {
        string? turns = arguments.Text("--turns");
        int shared = arguments.Integer("--shared-tokens") ?? 0;
        if (turns is null && arguments.Text("--think-time") is not null)
            Refuse(ServingCode.NoWorkload, "--think-time", "people think between turns; give --turns N with it");
        if (turns is null && shared == 0)
            return null;
        Result<Shaped<TurnCount>> count = shapes.Turns(turns ?? "1", "--turns");
        Result<Shaped<ThinkTime>> think = shapes.Thinking(arguments.Text("--think-time"), "--think-time");
        problems.AddRange(count.Diagnostics);
        problems.AddRange(think.Diagnostics);
        return count.Value is null || think.Value is null ? null : new ConversationShape(count.Value.Shape, think.Value.Shape, shared);
    }

    private static ServingWorkload Fastest(RatedRequests rated) => rated.At(rated.NaturalRate) with { Rated = rated };

    private ServingWorkload? OfFile(string file, Shaped<ArrivalProcess> process)
    {
        foreach (string flag in MadeUp)
        {
            if (arguments.Text(flag) is not null)
                return Refuse(ServingCode.NoWorkload, flag, "the trace says how long requests are; the flag is for made-up ones");
        }

        TraceLimits limits = new(context, arguments.Integer("--requests") ?? TraceLimits.UsualRequests);
        Result<RequestTrace> read = TraceReader.Read(file, limits, Quote.Argument(file));
        problems.AddRange(read.Diagnostics);
        if (read.Value is not { } trace)
            return null;
        string name = Quote.Argument(Path.GetFileName(file));
        if (trace.ImageCounts.Length > 0 && model.Vision is null)
            problems.Add(new Diagnostic(Severity.Warning, ServingCode.NoTower, "--model", 0, 0, $"{name} has images and {model.Name} has no vision tower: their tokens are among those of the prompts, nothing is encoded"));
        if (clients is { } waiting)
            return new ServingWorkload(trace, waiting, 0, string.Create(CultureInfo.InvariantCulture, $"lengths of {name} from {waiting:#,0} clients that wait"));
        if (rate is double.NaN)
        {
            // The times of the trace, closer together; where it has none, or others are asked for, made-up ones.
            return Fastest(arguments.Text("--arrivals") is null && trace.Arrivals[^1] > 0
                ? RatedRequests.Of(trace, one => string.Create(CultureInfo.InvariantCulture, $"{name}, its times at {one:G4} requests/s"))
                : new RatedRequests(SyntheticTrace.Timed(trace, process.Shape, 1, seed), 1, one => string.Create(CultureInfo.InvariantCulture, $"lengths of {name} at {one:G4} requests/s ({process.Text})")));
        }

        if (rate is { } perSecond)
            return Noted(SyntheticTrace.Timed(trace, process.Shape, perSecond, seed), string.Create(CultureInfo.InvariantCulture, $"lengths of {name} at {perSecond:G4} requests/s ({process.Text})"), process);
        return trace.Count > 1 && trace.Arrivals[^1] == 0
            ? Refuse(ServingCode.NoWorkload, "--trace", $"{name} holds lengths without times, or one time for all; give --rate R or --concurrency C with it")
            : new ServingWorkload(trace, 0, 0, name);
    }

    /// <summary>Requests at made-up times; says it where they are over before the shape of their arrivals is.</summary>
    private ServingWorkload Noted(RequestTrace trace, string source, Shaped<ArrivalProcess> process)
    {
        double span = trace.Arrivals[^1] / RequestTrace.TicksPerSecond;
        if (span < process.Shape.Period)
        {
            problems.Add(new Diagnostic(
                Severity.Note, ServingCode.ShapeNotSeen, "--arrivals", 0, 0,
                $"the run spans {ServingText.Time(span)} of a period of {ServingText.Time(process.Shape.Period)} ({process.Text}); a shorter 'period' or more --requests would show all of it"));
        }

        return new ServingWorkload(trace, 0, 0, source);
    }

    private Shaped<LengthSpread>? Spread()
    {
        string? shortest = arguments.Text("--shortest");
        if (shortest is null)
        {
            Result<Shaped<LengthSpread>> spread = shapes.Lengths(arguments.Text("--lengths"), "--lengths");
            problems.AddRange(spread.Diagnostics);
            return spread.Value;
        }

        if (arguments.Text("--lengths") is not null)
            problems.Add(new Diagnostic(Severity.Error, ServingCode.BadShape, "--shortest", 0, 0, "--lengths says already how lengths are spread; --shortest is short for --lengths uniform"));
        else if (double.TryParse(shortest, NumberStyles.Float, CultureInfo.InvariantCulture, out double share) && share is > 0 and <= 1)
            return new Shaped<LengthSpread>(new UniformLengths(share), "uniform");
        else
            problems.Add(new Diagnostic(Severity.Error, ErrorCodes.WrongValue, "--shortest", 0, 0, $"found '{Quote.Argument(shortest)}'; expected a share above 0 and at most 1, such as 0.8"));
        return null;
    }

    private ServingWorkload? Refuse(string code, string place, string message)
    {
        problems.Add(new Diagnostic(Severity.Error, code, place, 0, 0, message));
        return null;
    }
}
