using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Cli.Pictures;
using Orrery.Interchange;
using Orrery.Serving;

namespace Orrery.Cli.Verbs;

/// <summary>Files that <c>serve</c> writes beside its report: requests, pictures, the run over time.</summary>
public static class ServeFiles
{
    /// <summary>Writes those that were asked for, over what they held before; what cannot be written is a diagnostic, and ends it.</summary>
    public static Diagnostic? Write(ParsedArguments arguments, ServingReport report, ServingContext context, CommandContext output)
    {
        if (WriteRequests(arguments, report.Book, output) is { } noTable)
            return noTable;
        if (report.Requests == 0)
            return null;
        if (arguments.Text("--svg") is { } sheet && PictureFile.Write(sheet, LatencyPicture.Draw(report), "--svg", output) is { } noPicture)
            return noPicture;
        (string? series, string? timeline) = (arguments.Text("--series"), arguments.Text("--timeline"));
        if (series is null && timeline is null)
            return null;
        // The report's run keeps nothing of the kind; it is run once more, which gives the same instants.
        RecordedRun run = RecordedRun.Of(report, context);
        if (series is not null && Try(series, "--series", () => WriteSeries(series, report, run, output)) is { } noSeries)
            return noSeries;
        return timeline is null ? null : Try(timeline, "--timeline", () => WriteTimeline(timeline, report, run, output));
    }

    /// <summary>Writes one line a request where that was asked for.</summary>
    public static Diagnostic? WriteRequests(ParsedArguments arguments, RequestBook book, CommandContext output) =>
        arguments.Text("--csv") is { } file ? Try(file, "--csv", () => WriteRequests(file, book, output)) : null;

    private static void WriteRequests(string file, RequestBook book, CommandContext output)
    {
        using StreamWriter writer = new(file) { NewLine = "\n" };
        RequestCsv.Write(writer, book);
        output.Error.WriteLine($"orrery: {book.Count:#,0} requests are written to {Quote.Argument(file)}");
    }

    private static void WriteSeries(string file, ServingReport report, RecordedRun run, CommandContext output)
    {
        ImmutableArray<TimeSeriesPoint> points = TimeSeries.Of(run);
        if (file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
        {
            File.WriteAllText(file, SeriesPicture.Draw(report, points));
            output.Error.WriteLine($"orrery: a picture is written to {Quote.Argument(file)}");
            return;
        }

        using StreamWriter writer = new(file) { NewLine = "\n" };
        TimeSeries.Write(writer, points);
        output.Error.WriteLine($"orrery: {points.Length} intervals are written to {Quote.Argument(file)}");
    }

    private static void WriteTimeline(string file, ServingReport report, RecordedRun run, CommandContext output)
    {
        ServingRequest request = report.Request;
        using FileStream stream = File.Create(file);
        ServingTimeline.Write(stream, run,
        [
            new("model", request.Model.Name),
            new("system", request.System.Id),
            new("chips", request.Chips.ToString(CultureInfo.InvariantCulture)),
            new("stack", request.Stack.Id),
            new("workload", request.Workload.Source),
        ]);
        output.Error.WriteLine($"orrery: the run is written to {Quote.Argument(file)}; ui.perfetto.dev opens it");
    }

    private static Diagnostic? Try(string file, string flag, Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(Severity.Error, ErrorCodes.CannotWrite, flag, 0, 0, $"'{Quote.Argument(file)}' cannot be written: {Quote.Argument(failure.Message)}");
        }
    }
}
