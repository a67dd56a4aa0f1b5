using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>Turns the arguments of a serving job of a diffusion model into a request; everything wrong is said at once.</summary>
internal sealed class GenerationQuestionReader(VerbCall call, DataCatalog catalog, ModelArchitecture model, List<Diagnostic> problems)
{
    private readonly ParsedArguments arguments = call.Arguments;

    /// <summary>The request and the cost of its passes; null where something is wrong, or the answer is no (<paramref name="isNo"/>).</summary>
    public (GenerationRequest Request, Func<int, PassCost> Pass)? Read(out bool isNo)
    {
        isNo = false;
        foreach (FlagDescription flag in ServeFlags.All)
        {
            bool isOwn = ServeFlags.OfGeneratorsAlone.Contains(flag.Name, StringComparer.Ordinal) || ServeFlags.OfGenerators.Contains(flag.Name, StringComparer.Ordinal);
            if (!isOwn && arguments.Text(flag.Name) is not null)
                Error(ErrorCodes.NotAvailable, flag.Name, $"{model.Name} makes images: its jobs are denoising steps and have no tokens, cache or engine to set");
        }

        Result<SystemDescription> system = catalog.System(arguments.Text("--system")!);
        problems.AddRange(system.Diagnostics);
        (Result<GenerationUsage> usual, ImmutableArray<string> held) = GenerationUsage.Of(model.Name, catalog.DataRoot);
        problems.AddRange(usual.Diagnostics);
        Result<ServiceLevel>? level = arguments.Text("--slo") is { } limits ? ServiceLevel.Parse(limits) : null;
        problems.AddRange(level?.Diagnostics ?? []);
        if (level?.Value is { } asked && (asked.FirstToken is not null || asked.PerToken is not null))
            Error(ServingCode.BadSlo, "--slo", "an image has no first token and none after it; limit the whole job, such as e2e=20s");
        if (arguments.Number("--rate") is double.NaN)
            Error(ServingCode.NoWorkload, "--rate", "the highest rate of jobs of one length is that of busy groups; give --concurrency and read the jobs an hour");
        if (system.Value is not { } machine || HasErrors)
            return null;

        Result<StackDescription> stack = catalog.Stack(arguments.Text("--stack") ?? machine.DefaultStack);
        problems.AddRange(stack.Diagnostics);
        int ranksPerChip = Ranks(machine);
        int frames = arguments.Integer("--frames") ?? usual.Value?.Frames ?? 1;
        string? size = arguments.Text("--image-size") ?? usual.Value?.Size;
        if (size is null)
            Error(ServingCode.NoWorkload, "--image-size", $"nothing says how large images of {model.Name} are; give --image-size, such as 1024x1024");
        int? steps = arguments.Integer("--steps") ?? usual.Value?.Steps;
        if (steps is null)
            Error(ServingCode.NoWorkload, "--steps", $"nothing says how many denoising steps {model.Name} takes; give --steps, such as 50");
        int? tokens = null;
        if (size is not null)
            problems.AddRange(new ModelInputs(ImageSize: size, Frames: frames > 1 ? frames : null).Apply(model, null, out tokens).Diagnostics);
        double? price = TrainFlags.Price(arguments, machine, problems);
        ServingWorkload? workload = HasErrors ? null : new ServeWorkloadReader(arguments, model, null, new ShapeCatalog(catalog.DataRoot), problems).ReadJobs(tokens ?? 1);
        if (workload is null || stack.Value is not { } software || HasErrors)
            return null;

        int passes = arguments.Switch("--guidance") is { } guidance ? (guidance ? 2 : 1) : usual.Value?.Passes ?? 1;
        int batch = arguments.Integer("--max-batch") ?? 1;
        int chips = arguments.Integer("--chips") ?? 1;
        SystemDescription slice = SystemSlices.Fit(machine, chips);
        Result<ForwardPass> made = ForwardPass.Create(new TrainingContextFactory(catalog), model, slice, software, ranksPerChip);
        problems.AddRange(made.Diagnostics);
        if (made.Value is not { } pass)
            return null;
        Plan template = new()
        {
            Sequence = tokens ?? 1,
            MicroBatch = batch * passes,
            ContextParallel = arguments.Integer("--cp") ?? 1,
            Precision = arguments.Text("--precision") is { } word && NumberFormats.TryParse(word, out NumberFormat format) ? format : NumberFormat.Bf16,
        };
        isNo = true;
        if (Layout(pass, template, chips * ranksPerChip) is not { } plan)
            return null;
        ForwardCost whole = pass.Of(plan)!.Value;
        if (whole.WeightBytes + whole.ActivationBytes > pass.Room)
        {
            Error(ServingCode.DoesNotFit, "plan", string.Create(
                CultureInfo.InvariantCulture,
                $"{model.Name} does not fit: a rank holds {whole.WeightBytes / 1e9:F1} GB of weights and {whole.ActivationBytes / 1e9:F1} GB of a layer's work at --tp {plan.TensorParallel} --cp {plan.ContextParallel}, and has {pass.Room / 1e9:F1} GB; wider --tp or --cp, or a smaller --max-batch would help"));
            return null;
        }

        isNo = false;
        GenerationRequest request = new()
        {
            Model = model,
            System = machine,
            Chips = chips,
            Workload = workload,
            Product = frames > 1 ? string.Create(CultureInfo.InvariantCulture, $"{frames} frames of {size}") : size!,
            Tokens = tokens ?? 1,
            Steps = steps!.Value,
            PassesPerStep = passes,
            MaxBatch = batch,
            Replicas = plan.DataParallel,
            RanksPerChip = ranksPerChip,
            TensorParallel = plan.TensorParallel,
            ContextParallel = plan.ContextParallel,
            Precision = plan.Precision,
            Stack = software.Name,
            WeightBytes = whole.WeightBytes,
            WorkBytes = whole.ActivationBytes,
            RoomBytes = pass.Room,
            HalfWidth = held.Contains(software.Id) ? pass.HalfWidth : pass.UnheldHalfWidth,
            ServiceLevel = level?.Value,
            UsdPerChipHour = price,
        };
        return (request, sequences => Cost(pass, plan with { MicroBatch = sequences, GlobalBatch = sequences * plan.DataParallel }));
    }

    private static PassCost Cost(ForwardPass pass, Plan plan)
    {
        ForwardCost cost = pass.Of(plan)!.Value;
        return new PassCost(cost.Seconds, cost.MatrixBusy, cost.MemoryBytes, cost.Link);
    }

    private bool HasErrors => problems.Exists(static problem => problem.Severity == Severity.Error);

    private Plan? Layout(ForwardPass pass, Plan template, int ranks)
    {
        List<string> objections = [];
        Plan? plan = arguments.Integer("--tp") is { } tensor
            ? ForwardPass.Laid(template with { TensorParallel = tensor }, ranks)
            : pass.Narrowest(template, ranks, objections);
        if (plan is not null && arguments.Integer("--replicas") is { } copies)
            plan = ForwardPass.Laid(plan, ranks, copies);
        if (plan is not null && plan.TensorParallel * plan.ContextParallel * plan.DataParallel > ranks)
            objections.Add($"--tp {plan.TensorParallel} --cp {plan.ContextParallel} --replicas {plan.DataParallel} are more than the {ranks} ranks there are");
        else if (plan is not null && pass.IsLegal(plan, objections))
            return plan;
        if (objections.Count == 0)
            objections.Add($"no layout of {model.Name} lies on {ranks} ranks with the degrees asked for");
        foreach (string objection in objections)
            Error(ServingCode.NoPlan, "plan", objection);
        return null;
    }

    private int Ranks(SystemDescription machine)
    {
        if (arguments.Integer("--lnc") is not { } lnc)
            return machine.Chip.RanksPerChip;
        int? ranks = machine.Chip.RanksAt(lnc, out string objection);
        if (ranks is null)
            Error(ServingCode.NoPlan, "--lnc", objection);
        return ranks ?? machine.Chip.RanksPerChip;
    }

    private void Error(string code, string place, string message) => problems.Add(new Diagnostic(Severity.Error, code, place, 0, 0, message));
}
