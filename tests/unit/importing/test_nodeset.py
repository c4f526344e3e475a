"""A NodeSet2 file becomes a profile that loads: instances with units, ranges and codes, without types."""

from hypothesis import given
from hypothesis import strategies as st

from drivers import REGISTRY
from hub.config.marks import Source
from hub.config.problems import Report
from hub.importing import mistakes, nodeset, variables
from hub.model import Text

SET = """\
<?xml version="1.0" encoding="utf-8"?>
<UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
  <NamespaceUris><Uri>urn:maker:pump</Uri></NamespaceUris>
  <Aliases><Alias Alias="Double">i=11</Alias><Alias Alias="HasComponent">i=47</Alias></Aliases>
  <UAObjectType NodeId="ns=1;i=1000" BrowseName="1:PumpType"/>
  <UAVariable NodeId="ns=1;i=1001" BrowseName="1:Speed" ParentNodeId="ns=1;i=1000" DataType="Double"/>
  <UAObject NodeId="ns=1;s=Pump" BrowseName="1:Pump"><DisplayName>Pump</DisplayName></UAObject>
  <UAVariable NodeId="ns=1;s=Pump.Voltage" BrowseName="1:Voltage" ParentNodeId="ns=1;s=Pump" DataType="Double">
    <DisplayName>Voltage of the motor</DisplayName>
  </UAVariable>
  <UAVariable NodeId="ns=1;s=U" BrowseName="EngineeringUnits" ParentNodeId="ns=1;s=Pump.Voltage" DataType="i=887">
    <References><Reference ReferenceType="HasTypeDefinition">i=68</Reference></References>
    <Value><ExtensionObject xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd"><Body><EUInformation>
      <DisplayName><Text>V</Text></DisplayName></EUInformation></Body></ExtensionObject></Value>
  </UAVariable>
  <UAVariable NodeId="ns=1;s=R" BrowseName="EURange" ParentNodeId="ns=1;s=Pump.Voltage" DataType="i=884">
    <References><Reference ReferenceType="HasTypeDefinition">i=68</Reference></References>
    <Value><ExtensionObject xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd"><Body><Range>
      <Low>0</Low><High>400</High></Range></Body></ExtensionObject></Value>
  </UAVariable>
  <UAVariable NodeId="ns=1;s=Pump.Mode" BrowseName="1:Mode" ParentNodeId="ns=1;s=Pump" DataType="i=6"/>
  <UAVariable NodeId="ns=1;s=E" BrowseName="EnumStrings" ParentNodeId="ns=1;s=Pump.Mode" DataType="i=21">
    <References><Reference ReferenceType="HasTypeDefinition">i=68</Reference></References>
    <Value><ListOfLocalizedText xmlns="http://opcfoundation.org/UA/2008/02/Types.xsd">
      <LocalizedText><Text>off</Text></LocalizedText><LocalizedText><Text>on</Text></LocalizedText>
    </ListOfLocalizedText></Value>
  </UAVariable>
  <UAVariable NodeId="ns=1;s=Pump.Runs" BrowseName="1:Runs" ParentNodeId="ns=1;s=Pump" DataType="i=1"/>
  <UAVariable NodeId="ns=1;s=Pump.Trend" BrowseName="1:Trend" ParentNodeId="ns=1;s=Pump" DataType="i=11" ValueRank="1"/>
  <UAObject NodeId="ns=1;s=Alarm" BrowseName="1:Overheat" ParentNodeId="ns=1;s=Pump">
    <References><Reference ReferenceType="HasTypeDefinition">i=10637</Reference></References>
  </UAObject>
  <UAVariable NodeId="ns=1;s=Alarm.Active" BrowseName="ActiveState" ParentNodeId="ns=1;s=Alarm" DataType="i=21"/>
</UANodeSet>
"""


def read(text: str):
    report = Report()
    return nodeset.read(Source("set.xml", text.splitlines()), report), report.problems


def test_instances_become_points_with_unit_range_and_codes():
    found, problems = read(SET)
    assert not problems
    made = variables.propose(found, "opcua/pump", Text.same("pump"), "set.xml")
    assert made.points["Pump.Voltage"] == {
        "kind": "power.voltage", "name": "Voltage of the motor", "range": [0.0, 400.0],
        "address": {"node": "nsu=urn:maker:pump;s=Pump.Voltage"},
    }  # fmt: skip
    assert made.points["Pump.Mode"]["map"] == {"0": "off", "1": "on"}
    assert made.points["Pump.Runs"]["kind"] == "device.flag"
    assert made.points["Pump_Overheat"]["address"] == {"condition": "Pump.Overheat"}
    assert len(made.points) == 4, "types, properties, arrays and the insides of conditions are no points"
    assert any("Pump/Trend" in sentence for sentence in made.check)
    assert not mistakes(made, REGISTRY)


def test_nothing_is_expanded_and_mistakes_have_a_line():
    _, (dtd,) = read('<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "b">]>\n<x>&a;</x>')
    assert (dtd.line, "document type" in dtd.message) == (2, True)
    _, (broken,) = read("<UANodeSet>\n<a></UANodeSet>")
    assert (broken.line, broken.message) == (2, "no XML: mismatched tag")
    _, (other,) = read("<html/>")
    assert "no NodeSet2 file" in other.message


@given(st.text(alphabet="<>/&;!=\"'aUNsi= \n", max_size=80))
def test_whatever_a_file_holds_it_is_read_or_reported(text):
    assert read(text)[1]
