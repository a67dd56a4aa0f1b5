using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;

namespace Orrery.Interchange;

/// <summary>Values of ASTRA-sim's files with their places. JSON is read as the YAML it is, tabs as blanks.</summary>
internal static class AstraText
{
    /// <summary>The top of a JSON file; null with diagnostics where it is no object.</summary>
    public static MappingReader? ReadJson(string path, DiagnosticList diagnostics)
    {
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > YamlReader.MaximumBytes)
            {
                diagnostics.Error(ReplayCodes.TooLarge, default, $"the file has {file.Length} bytes; at most {YamlReader.MaximumBytes} are read");
                return null;
            }

            return MappingReader.OfRoot(YamlReader.Read(File.ReadAllText(path).Replace('\t', ' '), diagnostics), diagnostics);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            diagnostics.Error(ReplayCodes.Unreadable, default, ChakraReader.Reason(exception, path));
            return null;
        }
    }

    /// <summary>A list of values that must be there; a single value counts as a list of one.</summary>
    public static List<YamlScalar> List(MappingReader top, string key, string expected, bool isRequired = true)
    {
        List<YamlScalar> values = [];
        YamlNode? node = top.Node(key);
        if (node is null && isRequired)
            top.Missing(key, expected);
        else if (node is YamlScalar one)
            values.Add(one);
        else if (node is YamlSequence list)
        {
            foreach (YamlNode item in list.Items)
            {
                if (item is YamlScalar scalar)
                    values.Add(scalar);
                else
                    top.Diagnostics.Error(ReplayCodes.BadAstraFile, item.Position, $"'{key}' holds {item.Noun}; expected {expected}");
            }

            if (values.Count == 0 && list.Items.IsEmpty)
                top.Diagnostics.Error(ReplayCodes.BadAstraFile, list.Position, $"'{key}' is empty; expected {expected}");
        }
        else if (node is not null)
        {
            top.Diagnostics.Error(ReplayCodes.BadAstraFile, node.Position, $"'{key}' is {node.Noun}; expected {expected}");
        }

        return values;
    }

    public static double Number(YamlScalar scalar, string key, double low, double high, DiagnosticList diagnostics)
    {
        string text = scalar.Text.Trim();
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= low && number <= high)
            return number;
        string found = text.Equals("tbd", StringComparison.OrdinalIgnoreCase)
            ? $"'{key}' is the placeholder 'tbd': whoever wrote the file left the figure open"
            : $"'{key}' is '{scalar.Shortened}'";
        diagnostics.Error(ReplayCodes.BadAstraFile, scalar.Position, $"{found}; expected a number from {low:R} to {high:R}");
        return low;
    }

    public static double Number(MappingReader top, string key, double low, double high, double fallback) =>
        top.Scalar(key) is { IsNull: false } scalar ? Number(scalar, key, low, high, top.Diagnostics) : fallback;
}
