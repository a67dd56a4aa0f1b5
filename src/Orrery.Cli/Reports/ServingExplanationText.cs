using System.Collections.Immutable;
using System.Globalization;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The explanation of a serving report for a person.</summary>
public static class ServingExplanationText
{
    /// <summary>Operators of an iteration that are listed; the rest are one line.</summary>
    private const int MostLines = 8;

    public static void Write(TextWriter output, Terminal terminal, ImmutableArray<ServingExplanation> all, string question)
    {
        foreach (ServingExplanation one in all)
        {
            Write(output, terminal, one);
            output.WriteLine();
        }

        output.WriteLine($"[NAME] marks readings that --assume KEY=NAME takes. Next: {CommandLine.Program} serve {Quote.Argument(question)}");
    }

    private static void Write(TextWriter output, Terminal terminal, ServingExplanation explained)
    {
        ServingReport report = explained.Report;
        ServingRequest request = report.Request;
        string pool = explained.Role switch { EngineRole.Prompts => "prefill of ", EngineRole.Answers => "decode of ", _ => "" };
        output.WriteLine(terminal.Bold($"Where the figures came from: {pool}{request.Model.Name} on {request.System.Id}, engine {request.Stack.Id}"));
        Title("where an iteration's time goes");
        WriteIterations(output, terminal, explained);
        if (explained.Decode is { } decode)
            WriteOperators("operators of a decode iteration, one rank", decode);
        if (explained.Prompt is { } prompt)
            WriteOperators("operators of a prompt, one rank", prompt);
        WriteMemory(explained, Title, output);
        WritePower(explained, Title, output);
        WriteMoney(report, Title, output);
        Title($"constants of stack {request.Stack.Id} for {explained.ModelClass} models on {request.System.Chip.Id}");
        string fit = "";
        foreach (ConstantReading constant in explained.Constants)
        {
            FigureText.Write(output, terminal, constant, hasSource: constant.Mark != Mark.Calibrated);
            fit = constant.Mark == Mark.Calibrated ? constant.Source : fit;
        }

        if (fit.Length > 0)
            FigureText.WriteEntry(output, "calibrated ones", "", fit);
        WriteFigures("stack", request.Stack.Id, explained.StackFigures, withNotes: true);
        WriteFigures("chip", request.System.Chip.Id, request.System.Chip.Figures, withNotes: false);
        WriteFigures("system", request.System.Id, request.System.Figures, withNotes: false);
        Title("used by the prediction");
        foreach (string line in report.Provenance.SelectMany(one => TextLayout.Wrap(one, TextLayout.Width - 2)))
            output.WriteLine("  " + line);
        Title("interval");
        double factor = EightyPercentInterval.Factor(report.Sigma);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  an iteration takes {100 * (1 - (1 / factor)):0} % less to {100 * (factor - 1):0} % more (80 %): the logarithm's standard deviation is {report.Sigma:0.###}"));

        void Title(string title)
        {
            output.WriteLine();
            output.WriteLine(terminal.Bold(title));
        }

        void WriteFigures(string kind, string subject, ImmutableArray<Sourced<string>> figures, bool withNotes)
        {
            if (figures.IsEmpty)
                return;
            Title($"{kind} {subject}");
            foreach (Sourced<string> figure in figures)
                FigureText.Write(output, terminal, subject, figure, withNotes);
        }

        void WriteOperators(string title, ExplainedIteration iteration)
        {
            Title($"{title}, before the constants of the stack");
            TextTable table = new("  what", "shape", "=count", "=each", "=all", "=memory", "=matrix");
            double bandwidth = explained.MemoryBandwidth;
            for (int place = 0; place < Math.Min(MostLines, iteration.Operators.Length); place++)
            {
                OperatorLine line = iteration.Operators[place];
                table.Add(
                    "  " + line.Name, line.Shape, line.Count.ToString(CultureInfo.InvariantCulture), ServingText.Short(line.Execution), ServingText.Short(line.Total),
                    line.Memory > 0 ? Quantity.FormatPercent(line.Memory / bandwidth / line.Execution, 2) : "-", line.Matrix > 0 ? Quantity.FormatPercent(line.Matrix / line.Execution, 2) : "-");
            }

            if (iteration.Operators.Length > MostLines)
                table.Add("  others", "", "", "", ServingText.Short(iteration.Operators.Skip(MostLines).Sum(static line => line.Total)), "", "");
            table.Write(output, terminal);
        }
    }

    private static void WriteIterations(TextWriter output, Terminal terminal, ServingExplanation explained)
    {
        List<(string Title, TimeShares Shares)> columns = [];
        if (explained.Decode is { } decode)
            columns.Add(($"{Count(decode.Sequences)} generate, {Count(decode.Context)} tokens each", decode.Shares));
        if (explained.Prompt is { } prompt)
            columns.Add(($"prompt of {Count(prompt.PromptTokens)}{(prompt.Sequences > 0 ? $" beside {Count(prompt.Sequences)}" : "")}", prompt.Shares));
        TextTable table = new(["  ", .. columns.Select(static column => "=" + column.Title)]);
        foreach (TimePart part in TimePart.All)
        {
            if (columns.Exists(column => part.Of(column.Shares) > 0))
                table.Add(["  " + part.Name, .. columns.Select(column => Part(part.Of(column.Shares), column.Shares.Total))]);
        }

        table.Add(["  in all", .. columns.Select(static column => Whole(column.Shares.Total))]);
        table.Add(["  memory alone would take", .. columns.Select(column => Whole(column.Shares.MemoryBytes / explained.MemoryBandwidth))]);
        table.Add(["  matrix units alone", .. columns.Select(static column => Whole(column.Shares.MatrixBusy))]);
        table.Write(output, terminal);

        static string Part(double time, double whole) => time > 0 ? $"{ServingText.Short(time)}  {Quantity.FormatPercent(time / whole, 2),5}" : Whole(0);
        static string Whole(double time) => (time > 0 ? ServingText.Short(time) : "-") + new string(' ', 7);
    }

    private static void WriteMemory(ServingExplanation explained, Action<string> title, TextWriter output)
    {
        ServingReport report = explained.Report;
        ServingMemory memory = report.Memory;
        ServingPlan plan = report.Plan;
        title("memory of one rank");
        double chip = report.Request.System.Chip.MemoryCapacity.Value.Value / report.RanksPerChip;
        FigureText.WriteEntry(output, "its part of the chip", Quantity.FormatBinary(new Bytes(chip), 4), $"of which the engine takes {Quantity.FormatPercent(memory.Capacity.Value / chip, 3)}");
        FigureText.WriteEntry(
            output, "weights", Quantity.FormatBinary(memory.Weights, 4),
            $"{plan.Precision.Text()}{(plan.ExpertPrecision == plan.Precision ? "" : $", experts {plan.ExpertPrecision.Text()}")}; over TP {plan.TensorParallel}{(plan.PipelineParallel > 1 ? $", PP {plan.PipelineParallel}" : "")}{(plan.ExpertParallel > 1 ? $", EP {plan.ExpertParallel}" : "")}");
        FigureText.WriteEntry(output, "reserved", Quantity.FormatBinary(memory.Reserved, 4), "activations, graphs, communication, runtime");
        double tokens = explained.CacheBytesPerToken > 0 ? memory.Cache.Value / explained.CacheBytesPerToken : 0;
        FigureText.WriteEntry(
            output, "cache", Quantity.FormatBinary(memory.Cache, 4),
            tokens > 0 ? $"{Count(Math.Floor(tokens))} tokens of {Quantity.FormatBinary(new Bytes(explained.CacheBytesPerToken), 4)} in {plan.KvPrecision.Text()}: {Quantity.FormatNumber(tokens / (explained.Decode ?? explained.Prompt)!.Context, 3)} mean contexts" : $"in {plan.KvPrecision.Text()}");
    }

    private static void WritePower(ServingExplanation explained, Action<string> title, TextWriter output)
    {
        ServingReport report = explained.Report;
        ChipDescription chip = report.Request.System.Chip;
        title("power of one chip, mean over the run");
        double rated = chip.Power.Value.Value;
        FigureText.WriteEntry(output, "idle", Watts(chip.IdlePowerFraction.Value * rated), $"{Quantity.FormatPercent(chip.IdlePowerFraction.Value, 3)} of the rated {Watts(rated)}");
        if (explained.PowerShares is { } shares)
        {
            Row("matrix units", shares.Matrix, explained.Activity.Matrix);
            Row("memory", shares.Memory, explained.Activity.Memory);
            Row("links", shares.Link, explained.Activity.Link);
        }

        string held = report.Energy.ChipPower.Value >= rated * (1 - 1e-9) ? "held at the rated power; " : "";
        FigureText.WriteEntry(output, "in all", Watts(report.Energy.ChipPower.Value), $"{held}the facility draws {Quantity.FormatNumber(report.Energy.FacilityPower.Value / 1e3, 3)} kW: hosts and network, times the power usage effectiveness");

        void Row(string name, Sourced<double> share, double activity) => FigureText.WriteEntry(
            output, name, Watts(share.Value * activity * rated), $"{Quantity.FormatPercent(activity, 3)} busy x {Quantity.FormatPercent(share.Value, 3)} of the rated power ({FigureText.Word(share.Reading.Mark)})");

        static string Watts(double watts) => Quantity.FormatNumber(watts, 3) + " W";
    }

    private static void WriteMoney(ServingReport report, Action<string> title, TextWriter output)
    {
        title("money");
        CostOfRun cost = report.Cost;
        FigureText.WriteEntry(
            output, "price", cost.UsdPerHour is { } hourly ? $"${Quantity.FormatNumber(hourly, 4)} an hour" : "unknown",
            cost.UsdPerHour is null ? $"--price {report.Request.System.Id}=USD sets it" : $"{cost.Mark}: {cost.Source}");
        if (cost.UsdPerMillionTokens is { } million)
            FigureText.WriteEntry(output, "a million tokens of answers", $"${Quantity.FormatNumber(million, 4)}", $"an hour's price over {Count(report.OutputTokensPerSecond * 3600)} tokens an hour");
    }

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
