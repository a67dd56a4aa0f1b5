using System.Globalization;
using System.Text;
using Orrery.Catalog;

namespace Orrery.Validation.Collectives;

/// <summary>A machine of one's own, as its owner's measurements make it.</summary>
/// <param name="Base">The catalogue's machine it lies on.</param>
/// <param name="ScaleUp">Null where it was not measured.</param>
/// <param name="ScaleOut">Null where it was not measured.</param>
public sealed record OwnFabric(SystemDescription Base, CommunicationOverlay Overlay, OwnScope? ScaleUp, OwnScope? ScaleOut)
{
    /// <summary>The system file that <c>--system</c> reads.</summary>
    /// <param name="name">What reports call the machine.</param>
    public string Yaml(string name)
    {
        StringBuilder text = new();
        text.Append("# Written by `orrery calibrate`: a system of the catalogue with collectives as they were measured on a machine of one's own.\n");
        text.Append("# startup multiplies fixed times, bandwidth the share of the links' rate; sigma is the spread of rows that were not fitted.\n");
        text.Append("base: ").Append(Base.Id).Append('\n');
        text.Append("name: ").Append(Quoted(name)).Append('\n');
        text.Append("communication:\n  fittedOn: ").Append(Quoted(Overlay.FittedOn)).Append('\n');
        Append(text, "scaleUp", Overlay.ScaleUp);
        Append(text, "scaleOut", Overlay.ScaleOut);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string key, ScopeOverlay? scope)
    {
        if (scope is not null)
            text.Append(CultureInfo.InvariantCulture, $"  {key}: {{startup: {scope.Startup}, bandwidth: {scope.Bandwidth}, sigma: {scope.Sigma}, rows: {scope.Rows}}}\n");
    }

    /// <summary>YAML's double quotes; control characters are no part of a name.</summary>
    private static string Quoted(string text)
    {
        StringBuilder quoted = new("\"");
        foreach (char letter in text)
        {
            if (letter is '"' or '\\')
                quoted.Append('\\').Append(letter);
            else if (!char.IsControl(letter))
                quoted.Append(letter);
        }

        return quoted.Append('"').ToString();
    }
}
