using System.Text.Json;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>Every collective on every system of the catalogue by formula and as flows: how far they agree, and whether both keep the bound.</summary>
public static class NetworkReport
{
    private const string Schema = "orrery.network/1";

    /// <summary>Prints the comparison; the exit code says whether all points agree.</summary>
    public static int Write(CommandContext context, DataCatalog catalog)
    {
        ClosedFormFactory factory = new(catalog.DataRoot);
        List<(string System, int Points, int Agree, int Below, double Worst)> lines = [];
        foreach (string id in catalog.SystemIds)
        {
            if (catalog.System(id).Value is not { } system)
                continue;
            int points = 0, agree = 0, below = 0;
            double worst = 0;
            foreach (NetworkPoint point in NetworkAgreement.Of(factory, system))
            {
                points++;
                agree += Math.Abs(point.Difference) <= NetworkAgreement.Tolerance ? 1 : 0;
                below += point.KeepsBound ? 0 : 1;
                worst = Math.Max(worst, Math.Abs(point.Difference));
            }

            lines.Add((id, points, agree, below, worst));
        }

        bool holds = lines.TrueForAll(static line => line.Agree == line.Points && line.Below == 0);
        if (context.IsJson)
        {
            using JsonText json = new(context.Output);
            Utf8JsonWriter writer = json.Writer;
            writer.WriteStartObject();
            writer.WriteString("schema", Schema);
            writer.Number("tolerance", NetworkAgreement.Tolerance);
            writer.WriteStartArray("systems");
            foreach ((string system, int points, int agree, int below, double worst) in lines)
            {
                writer.WriteStartObject();
                writer.WriteString("system", system);
                writer.WriteNumber("points", points);
                writer.WriteNumber("agree", agree);
                writer.WriteNumber("belowBound", below);
                writer.Number("worst", worst);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteBoolean("holds", holds);
            writer.WriteEndObject();
        }
        else
        {
            TextTable table = new("system", "=points", "=within 10 %", "=below bound", "=worst, %");
            foreach ((string system, int points, int agree, int below, double worst) in lines)
                table.Add(system, Quantity.FormatNumber(points, 9), Quantity.FormatNumber(agree, 9), Quantity.FormatNumber(below, 9), Quantity.FormatNumber(worst * 100, 3));
            table.Write(context.Output, context.Terminal);
            context.Output.WriteLine();
            context.Output.WriteLine($"{Quantity.FormatNumber(lines.Sum(static line => line.Agree), 9)} of {Quantity.FormatNumber(lines.Sum(static line => line.Points), 9)} points within 10 %: "
                + "ten collectives, eight sizes, groups of 2, 8, 64 and 512 chips");
        }

        return holds ? ExitCode.Done : ExitCode.AnswerIsNo;
    }
}
